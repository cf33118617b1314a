import type { RowData } from "@tanstack/react-table";
import { useState, type ReactNode } from "react";
import { copyText, saveBlob } from "@/shared/export/clipboard";
import { toCsv } from "@/shared/export/csv";
import { Menu, MenuItem, Panel, PanelAction } from "@/shared/ui/Menu";
import { ownColumn, type TableModel } from "./tableRows";

interface Props<Row extends RowData> {
  title: string;
  table: TableModel<Row>;
  count: ReactNode;
  filters: ReactNode;
  /** There are no columns to choose and no rows to copy. */
  bare: boolean;
  /** null: nothing was changed. */
  onReset: (() => void) | null;
  actions?: ReactNode;
}

export function TableTools<Row extends RowData>({ title, table, count, filters, bare, onReset, actions }: Props<Row>) {
  const [said, setSaid] = useState<string | null>(null);
  const columns = table.getAllLeafColumns();
  const csv = () => {
    const named = columns.map(ownColumn).filter((column) => column.name !== "");
    return toCsv(
      named.map((column) => column.id),
      table.getRowModel().rows.map(({ original }) => named.map((column) => column.value(original))),
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
          <Panel label={`Columns of ${title}`} icon="columns" quiet>
            {columns
              .filter((column) => column.getCanHide())
              .map((column) => (
                <label key={column.id} className="dropdown-item menu-check">
                  <input type="checkbox" className="form-check-input" checked={column.getIsVisible()} onChange={column.getToggleVisibilityHandler()} />
                  {ownColumn(column).name}
                </label>
              ))}
            {onReset !== null && <PanelAction onSelect={onReset}>Reset columns and widths</PanelAction>}
          </Panel>
          <Menu label={`Copy ${title}`} icon="copy" quiet>
            <MenuItem onSelect={copy}>Copy as CSV</MenuItem>
            <MenuItem onSelect={() => saveBlob(new Blob([csv()], { type: "text/csv" }), `${title.toLowerCase().replaceAll(/\W+/g, "-")}.csv`)}>Save as CSV</MenuItem>
          </Menu>
        </>
      )}
    </header>
  );
}
