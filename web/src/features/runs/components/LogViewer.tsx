import { useLayoutEffect, useMemo, useRef, useState } from "react";
import { encodePath } from "@/shared/api/client";
import type { Run } from "@/shared/api/types";
import { formatBytes } from "@/shared/format/numbers";
import { ErrorBox } from "@/shared/ui/ErrorBox";
import { Download } from "@/shared/ui/Download";
import { Icon } from "@/shared/ui/Icon";
import { useRunArtefacts } from "../api/useRunArtefacts";
import { levelsOf } from "../live/logTail";
import { useRunLog } from "../live/useRunLog";

/** More nodes do not fit next to each other. */
const MOST_BUTTONS = 7;

/** JMeter's own log of each node: its end, which grows during the run. */
export function LogViewer({ run }: { run: Run }) {
  const names = run.nodes.map((node) => node.name);
  const [chosen, setChosen] = useState<string | null>(null);
  const [filter, setFilter] = useState("");
  const [loudOnly, setLoudOnly] = useState(false);
  const files = useRunArtefacts(run.id, run.phase).data;
  // For a finished run the first node with a log: a node that was not started has none.
  const logged = names.find((name) => files?.some((file) => file.name === logFile(name) && file.bytes > 0) === true);
  const node = chosen ?? (run.phase === "finished" ? logged : undefined) ?? names[0] ?? null;
  return (
    <section className="card log-card" aria-label="JMeter log">
      <header className="table-tools">
        <h2>JMeter log</h2>
        {names.length > MOST_BUTTONS ? (
          <select className="form-select form-select-sm log-node" aria-label="Node" value={node ?? ""} onChange={(event) => setChosen(event.target.value)}>
            {names.map((name) => (
              <option key={name}>{name}</option>
            ))}
          </select>
        ) : (
          <div className="log-nodes" role="group" aria-label="Node">
            {names.map((name) => (
              <button key={name} type="button" className="btn btn-quiet" aria-pressed={name === node} onClick={() => setChosen(name)}>
                {name}
              </button>
            ))}
          </div>
        )}
        <span className="flex-grow-1" />
        <button type="button" className="btn btn-quiet" aria-pressed={loudOnly} title="Only warnings and errors" onClick={() => setLoudOnly(!loudOnly)}>
          warnings
        </button>
        <input
          className="form-control form-control-sm table-filter"
          type="search"
          placeholder="Filter"
          aria-label="Filter the log"
          value={filter}
          onChange={(event) => setFilter(event.target.value)}
        />
      </header>
      {node === null ? (
        <div className="table-empty">The JMeter log appears here once its process has started.</div>
      ) : (
        <NodeLogText key={`${node} ${String(run.phase === "finished")}`} run={run} node={node} filter={filter} loudOnly={loudOnly} />
      )}
    </section>
  );
}

function logFile(node: string): string {
  return `nodes/${node}/jmeter.log`;
}

function NodeLogText({ run, node, filter, loudOnly }: { run: Run; node: string; filter: string; loudOnly: boolean }) {
  const { tail, error, asked } = useRunLog(run.id, node, run.phase !== "finished");
  const file = logFile(node);
  // Until it is collected, the complete file is only on its node.
  const collected = useRunArtefacts(run.id, run.phase).data?.some(({ name }) => name === file) === true;
  const box = useRef<HTMLDivElement>(null);
  const [follow, setFollow] = useState(true);
  const lines = useMemo(() => {
    const words = filter.toLowerCase();
    const levels = levelsOf(tail.lines);
    const all = tail.lines.map((text, index) => ({ number: tail.dropped + index, level: levels[index] ?? "other", text }));
    return all.filter(({ level, text }) => (!loudOnly || level !== "other") && text.toLowerCase().includes(words));
  }, [tail, filter, loudOnly]);

  useLayoutEffect(() => {
    const element = box.current;
    if (follow && element !== null) element.scrollTop = element.scrollHeight;
  }, [lines, follow]);

  if (error !== null && tail.lines.length === 0) {
    return (
      <div className="list-body">
        <ErrorBox error={error} />
      </div>
    );
  }
  return (
    <>
      <div
        ref={box}
        className="log"
        role="region"
        aria-label="Log lines"
        tabIndex={0}
        onScroll={(event) => {
          const { scrollTop, scrollHeight, clientHeight } = event.currentTarget;
          setFollow(scrollHeight - scrollTop - clientHeight < 30);
        }}
      >
        {lines.map(({ number, level, text }) => (
          <div key={number} className={`log-${level}`}>
            {text}
          </div>
        ))}
        {lines.length === 0 && <div className="text-faint">{!asked ? "Loading the log…" : tail.lines.length === 0 ? "The log is empty." : "No matching lines."}</div>}
      </div>
      <footer className="log-foot">
        <span>
          {formatBytes(tail.size)}
          {tail.from > 0 && `, the last ${formatBytes(tail.next - tail.from)} shown`}
        </span>
        {!follow && (
          <button type="button" className="btn btn-quiet" onClick={() => setFollow(true)}>
            Follow
          </button>
        )}
        {collected && (
          <Download path={`/runs/${run.id}/artefacts/${encodePath(file)}`}>
            <Icon name="download" /> Download log
          </Download>
        )}
      </footer>
    </>
  );
}
