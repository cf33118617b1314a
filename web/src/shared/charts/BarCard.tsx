import { useState, type ReactNode } from "react";
import { copyText } from "@/shared/export/clipboard";
import { ScopeNote } from "./ScopeNote";
import { ChartHead } from "./ChartHead";

interface Props {
  id: string;
  title: string;
  /** The metric and its unit, after the title. */
  unit: string;
  /** The content of the card, for screen readers. */
  says: string;
  csv: () => string;
  /** Settings of this chart alone, in its header. */
  choices?: ReactNode;
  children: (asTable: boolean) => ReactNode;
}

/** A chart made of HTML elements instead of a canvas, in the same card as the others: as bars or as a table, copied as CSV. */
export function BarCard({ id, title, unit, says, csv, choices, children }: Props) {
  const [asTable, setAsTable] = useState(false);
  return (
    <section className="card chart-card" data-chart={id} aria-label={says}>
      <ChartHead
        title={title}
        unit={unit}
        y={null}
        onY={() => undefined}
        asTable={asTable}
        onAsTable={setAsTable}
        onCopyCsv={async () => ((await copyText(csv())) ? "Copied" : "Clipboard access denied")}
        onCopyPng={null}
        choices={
          <>
            <ScopeNote />
            {choices}
          </>
        }
      />
      {children(asTable)}
    </section>
  );
}
