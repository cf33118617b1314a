import { useLayoutEffect, useMemo, useRef, useState } from "react";
import { encodePath } from "@/shared/api/client";
import type { Run } from "@/shared/api/types";
import { formatBytes } from "@/shared/format/numbers";
import { ErrorBox } from "@/shared/ui/ErrorBox";
import { Download } from "@/shared/ui/Download";
import { Icon } from "@/shared/ui/Icon";
import { useRunArtefacts } from "../api/useRunArtefacts";
import { levelOf } from "../live/logTail";
import { useRunLog } from "../live/useRunLog";

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
        <div className="log-nodes" role="tablist" aria-label="Node">
          {names.map((name) => (
            <button key={name} type="button" role="tab" className="btn btn-quiet" aria-selected={name === node} onClick={() => setChosen(name)}>
              {name}
            </button>
          ))}
        </div>
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
    return tail.lines.filter((line) => (!loudOnly || levelOf(line) !== "other") && line.toLowerCase().includes(words));
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
        {lines.map((line, index) => (
          // Lines are only added at the end and dropped at the start, so their position identifies them.
          <div key={index} className={`log-${levelOf(line)}`}>
            {line}
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
