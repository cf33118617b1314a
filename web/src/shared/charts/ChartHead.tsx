import { useEffect, useMemo, useRef, useState, type ReactNode } from "react";
import { Icon } from "@/shared/ui/Icon";
import { Menu, MenuItem } from "@/shared/ui/Menu";
import type { YScale } from "./chartTypes";

interface Props {
  title: string;
  unit: string;
  /** null if no logarithmic axis is offered. */
  y: YScale | null;
  onY: (y: YScale) => void;
  asTable: boolean;
  onAsTable: (asTable: boolean) => void;
  onCopyCsv: () => Promise<string>;
  /** null if there is no canvas to copy, or it is not shown. */
  onCopyPng: (() => Promise<string>) | null;
  choices?: ReactNode;
}

export function ChartHead({ title, unit, y, onY, asTable, onAsTable, onCopyCsv, onCopyPng, choices }: Props) {
  const [said, setSaid] = useState<string | null>(null);
  const copies = useRef({ onCopyCsv, onCopyPng });
  useEffect(() => {
    copies.current = { onCopyCsv, onCopyPng };
  });
  const hasPng = onCopyPng !== null;
  // A live chart is rendered each second; its menu is not.
  const menu = useMemo(() => {
    const say = (action: (() => Promise<string>) | null) => {
      action?.().then(
        (text) => setSaid(text),
        (error: unknown) => setSaid(error instanceof Error ? error.message : String(error)),
      );
      setTimeout(() => setSaid(null), 2500);
    };
    return (
      <Menu label={`Copy ${title}`} icon="copy" quiet>
        <MenuItem onSelect={() => say(copies.current.onCopyCsv)}>Copy as CSV</MenuItem>
        {hasPng && <MenuItem onSelect={() => say(copies.current.onCopyPng)}>Copy as PNG</MenuItem>}
      </Menu>
    );
  }, [title, hasPng]);
  return (
    <header className="chart-head">
      <h3>{title}</h3>
      <span className="chart-unit">{unit}</span>
      <span className="chart-tools">
        {said !== null && (
          <span className="chart-said" role="status">
            {said}
          </span>
        )}
        {choices}
        {y !== null && (
          <button type="button" className="btn btn-quiet" aria-pressed={y === "log"} onClick={() => onY(y === "log" ? "linear" : "log")}>
            log
          </button>
        )}
        <button type="button" className="btn btn-quiet" aria-pressed={asTable} title={asTable ? "Show as chart" : "Show as table"} onClick={() => onAsTable(!asTable)}>
          <Icon name={asTable ? "graph-up" : "table"} />
        </button>
        {menu}
      </span>
    </header>
  );
}
