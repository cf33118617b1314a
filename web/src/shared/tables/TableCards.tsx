import type { RowData } from "@tanstack/react-table";
import { Fragment, memo, useState, type ReactNode } from "react";
import { formatCount } from "@/shared/format/numbers";
import { opensRow } from "./rowClick";
import { ownColumn, type TableColumn } from "./tableRows";

interface CardProps<Row extends RowData> {
  row: Row;
  columns: TableColumn<Row>[];
  className: string | undefined;
  onOpen: ((row: Row) => void) | undefined;
}

interface Props<Row extends RowData> extends Omit<CardProps<Row>, "row" | "className"> {
  title: string;
  rows: { id: string; original: Row }[];
  /** Above the others. */
  pinned: Row | null | undefined;
  rowClass: ((row: Row) => string) | undefined;
}

/** Cards are not virtual, so a long table, such as that of 500 labels of a live run, begins with this many. */
const PIECE = 50;

/** The rows of a list on a screen that is too narrow for a table: a card for each, with its name above the values of the other columns. */
export function TableCards<Row extends RowData>({ title, columns, rows, pinned, onOpen, rowClass }: Props<Row>): ReactNode {
  const [most, setMost] = useState(PIECE);
  const left = rows.length - most;
  return (
    <>
      <ul className="row-cards" aria-label={title}>
        {pinned != null && <TableCard row={pinned} columns={columns} className="row-pinned" onOpen={onOpen} />}
        {rows.slice(0, most).map(({ id, original }) => (
          <TableCard key={id} row={original} columns={columns} className={rowClass?.(original)} onOpen={onOpen} />
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

function Card<Row extends RowData>({ row, columns, className, onOpen }: CardProps<Row>): ReactNode {
  const own = columns.map(ownColumn);
  const main = own.find((column) => column.main === true);
  const facts = own.filter((column) => column !== main && column.name !== "");
  // A row's buttons, in the corner of its card.
  const actions = own.filter((column) => column !== main && column.name === "");
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
        <div>
          {actions.map((column) => (
            <Fragment key={column.id}>{column.cell(row)}</Fragment>
          ))}
        </div>
      )}
      <dl>
        {facts.map((column) => (
          <div key={column.id} className={column.wide === true ? "row-card-wide" : undefined}>
            <dt>{column.name}</dt>
            <dd>{column.cell(row)}</dd>
          </div>
        ))}
      </dl>
    </li>
  );
}
