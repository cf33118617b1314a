import { Fragment, memo, useState, type ReactNode } from "react";
import { formatCount } from "@/shared/format/numbers";
import { opensRow } from "./rowClick";
import type { Column } from "./tableRows";

interface CardProps<Row> {
  row: Row;
  columns: Column<Row>[];
  className: string | undefined;
  onOpen: ((row: Row) => void) | undefined;
}

interface Props<Row> extends Omit<CardProps<Row>, "row" | "className"> {
  title: string;
  rows: Row[];
  /** Above the others. */
  pinned: Row | null | undefined;
  rowKey: (row: Row) => string;
  rowClass: ((row: Row) => string) | undefined;
}

/** Cards are not virtual, so a long table, such as that of 500 labels of a live run, begins with this many. */
const PIECE = 50;

/** The rows of a list on a screen that is too narrow for a table: a card for each, with its name above the values of the other columns. */
export function TableCards<Row>({ title, columns, rows, pinned, rowKey, onOpen, rowClass }: Props<Row>): ReactNode {
  const [most, setMost] = useState(PIECE);
  const left = rows.length - most;
  return (
    <>
      <ul className="row-cards" aria-label={title}>
        {pinned != null && <TableCard row={pinned} columns={columns} className="row-pinned" onOpen={onOpen} />}
        {rows.slice(0, most).map((row) => (
          <TableCard key={rowKey(row)} row={row} columns={columns} className={rowClass?.(row)} onOpen={onOpen} />
        ))}
      </ul>
      {left > 0 && (
        <div className="table-more">
          <button type="button" className="btn btn-quiet" onClick={() => setMost(most + PIECE)}>
            Show {formatCount(Math.min(PIECE, left))} more of {formatCount(left)}
          </button>
        </div>
      )}
    </>
  );
}

/** A row as a card, rendered again only if it or its columns change. */
const TableCard = memo(Card) as typeof Card;

function Card<Row>({ row, columns, className, onOpen }: CardProps<Row>): ReactNode {
  const main = columns.find((column) => column.main === true);
  const facts = columns.filter((column) => column !== main && column.name !== "");
  // A row's buttons, in the corner of its card.
  const actions = columns.filter((column) => column !== main && column.name === "");
  return (
    // The name is a link for the keyboard; a tap anywhere opens the card.
    // eslint-disable-next-line jsx-a11y/click-events-have-key-events, jsx-a11y/no-noninteractive-element-interactions
    <li
      className={className}
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
  );
}
