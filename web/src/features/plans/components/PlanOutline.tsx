import { useState } from "react";
import type { OutlineElement } from "@/shared/api/types";
import { formatCount } from "@/shared/format/numbers";
import { Loaded } from "@/shared/ui/Loaded";
import { useOutline } from "../api/useOutline";
import { factWords } from "../outlineWords";

/** Number of entries shown initially. */
const FIRST = 60;
/** Deeper ones are nested below these. */
const DEEPEST = 12;

/** The plan's tree: each element's name and type, whether it is enabled, and its key figures. */
export function PlanOutline({ planId }: { planId: string }) {
  const query = useOutline(planId);
  const [whole, setWhole] = useState(false);
  return (
    <section className="card list-card" aria-label="Outline of the plan">
      <header className="chart-head">
        <h2>Outline</h2>
        {query.data !== undefined && <span className="chart-unit">{formatCount(query.data.count)} elements</span>}
      </header>
      <Loaded query={query} what="Reading the plan…">
        {({ elements, count }) => (
          <>
            <ul className="outline">
              {(whole ? elements : elements.slice(0, FIRST)).map((element, index) => (
                <OutlineRow key={index} element={element} />
              ))}
            </ul>
            {!whole && elements.length > FIRST && (
              <div className="list-body">
                <button type="button" className="btn btn-sm btn-outline-secondary" onClick={() => setWhole(true)}>
                  Show all {formatCount(elements.length)}
                </button>
              </div>
            )}
            {whole && count > elements.length && <p className="list-body field-help">{formatCount(count - elements.length)} more elements are not listed.</p>}
          </>
        )}
      </Loaded>
    </section>
  );
}

function OutlineRow({ element }: { element: OutlineElement }) {
  const { level, name, kind, enabled, active, facts } = element;
  return (
    <li className={active ? undefined : "row-off"} style={{ paddingInlineStart: `${Math.min(level, DEEPEST) * 16}px` }} aria-level={level + 1}>
      <span className="outline-name">{name === "" ? kind : name}</span> <span className="text-muted">{kind}</span>
      {!enabled && <span className="text-muted"> (disabled)</span>}
      {facts.length > 0 && <span className="outline-facts">{factWords(facts)}</span>}
    </li>
  );
}
