import type { ReactNode } from "react";

export interface Figure {
  key: string;
  name: string;
  /** `[number, unit]`. */
  value: [string, string];
  /** A short description, or what changed. */
  note?: ReactNode;
  /** The difference to the same figure of another run. */
  change?: string;
  tone?: "failed" | "good";
  spark?: ReactNode;
}

/** The figures above the charts; `live`: they change while they are read. */
export function Figures({ figures, live = false }: { figures: Figure[]; live?: boolean }) {
  return (
    <dl className={live ? "figures figures-live" : "figures"}>
      {figures.map((figure) => (
        <div key={figure.key} className={`figure ${figure.tone === undefined ? "" : `figure-${figure.tone}`}`} data-figure={figure.key}>
          <dt>{figure.name}</dt>
          <dd>
            <span className="figure-number">{figure.value[0]}</span>
            {figure.value[1] !== "" && <span className="figure-unit">{figure.value[1]}</span>}
          </dd>
          <dd className="figure-note">{figure.note ?? "\u00a0"}</dd>
          {figure.change !== undefined && <dd className="figure-note">{figure.change}</dd>}
          {figure.spark !== undefined && <dd className="figure-spark">{figure.spark}</dd>}
        </div>
      ))}
    </dl>
  );
}
