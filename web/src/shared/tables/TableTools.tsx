import { useState, type ReactNode } from "react";
import { copyText, saveBlob } from "@/shared/export/clipboard";
import { toCsv } from "@/shared/export/csv";
import { Menu, MenuItem } from "@/shared/ui/Menu";
import type { Column } from "./tableRows";

interface Props<Row> {
  title: string;
  columns: Column<Row>[];
  rows: Row[];
  count: ReactNode;
  filters: ReactNode;
  /** There are no columns to choose and no rows to copy. */
  bare: boolean;
  /** IDs of the visible columns. */
  shown: ReadonlySet<string>;
  onShow: (id: string, show: boolean) => void;
  /** null: nothing was changed. */
  onReset: (() => void) | null;
  actions?: ReactNode;
}

export function TableTools<Row>({ title, columns, rows, count, filters, bare, shown, onShow, onReset, actions }: Props<Row>) {
  const [said, setSaid] = useState<string | null>(null);
  const csv = () => {
    const all = columns.filter((column) => column.name !== "");
    return toCsv(
      all.map((column) => column.id),
      rows.map((row) => all.map((column) => column.value(row))),
    );
  };
  const copy = () => {
    void copyText(csv()).then((done) => setSaid(done ? "Copied" : "Clipboard access denied"));
    setTimeout(() => setSaid(null), 2500);
  };
  return (
    <header className="table-tools">
      <h2>{title}</h2>
      {count !== false && <span className="table-count">{count}</span>}
      <span className="flex-grow-1" />
      {said !== null && (
        <span className="chart-said" role="status">
          {said}
        </span>
      )}
      {filters}
      {actions}
      {!bare && (
        <>
          <Menu label={`Columns of ${title}`} icon="columns" quiet stays>
            {columns
              .filter((column) => column.main !== true && column.name !== "")
              .map((column) => (
                <label key={column.id} className="dropdown-item menu-check">
                  <input type="checkbox" className="form-check-input" checked={shown.has(column.id)} onChange={(event) => onShow(column.id, event.target.checked)} />
                  {column.name}
                </label>
              ))}
            {onReset !== null && <MenuItem onSelect={onReset}>Reset columns and widths</MenuItem>}
          </Menu>
          <Menu label={`Copy ${title}`} icon="copy" quiet>
            <MenuItem onSelect={copy}>Copy as CSV</MenuItem>
            <MenuItem onSelect={() => saveBlob(new Blob([csv()], { type: "text/csv" }), `${title.toLowerCase().replaceAll(/\W+/g, "-")}.csv`)}>Save as CSV</MenuItem>
          </Menu>
        </>
      )}
    </header>
  );
}
