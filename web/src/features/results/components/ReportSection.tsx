import type { ReactNode } from "react";

/** A section of the report that the index links to. */
export function ReportSection({ id, title, note, children }: { id: string; title: string; note?: ReactNode; children: ReactNode }) {
  return (
    <section id={id} className="report-section" aria-label={title}>
      <div className="section-head">
        <h2>{title}</h2>
        {note !== undefined && <span className="section-note">{note}</span>}
      </div>
      {children}
    </section>
  );
}
