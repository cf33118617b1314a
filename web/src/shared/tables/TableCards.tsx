import { Fragment, type ReactNode } from "react";
import { opensRow } from "./rowClick";
import type { Column } from "./tableRows";

interface Props<Row> {
  title: string;
  columns: Column<Row>[];
  rows: Row[];
  rowKey: (row: Row) => string;
  onOpen: ((row: Row) => void) | undefined;
  rowClass: ((row: Row) => string) | undefined;
}

/** The rows of a list on a screen that is too narrow for a table: a card for each, with its name above the values of the other columns. */
export function TableCards<Row>({ title, columns, rows, rowKey, onOpen, rowClass }: Props<Row>): ReactNode {
  const main = columns.find((column) => column.main === true);
  const facts = columns.filter((column) => column !== main && column.name !== "");
  // A row's buttons, in the corner of its card.
  const actions = columns.filter((column) => column !== main && column.name === "");
  return (
    <ul className="row-cards" aria-label={title}>
      {rows.map((row) => (
        // The name is a link for the keyboard; a tap anywhere opens the card.
        // eslint-disable-next-line jsx-a11y/click-events-have-key-events, jsx-a11y/no-noninteractive-element-interactions
        <li
          key={rowKey(row)}
          className={rowClass?.(row)}
          onClick={(event) => {
            if (opensRow(event)) onOpen?.(row);
          }}
        >
          {main !== undefined && <div className="row-card-name">{main.cell(row)}</div>}
          {actions.length > 0 && (
            <div className="row-card-actions">
              {actions.map((column) => (
                <Fragment key={column.id}>{column.cell(row)}</Fragment>
              ))}
            </div>
          )}
          <dl>
            {facts.map((column) => (
              <div key={column.id}>
                <dt>{column.name}</dt>
                <dd>{column.cell(row)}</dd>
              </div>
            ))}
          </dl>
        </li>
      ))}
    </ul>
  );
}
