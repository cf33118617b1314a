import type { RunNode } from "@/shared/api/types";
import { Chip, type ChipLook } from "@/shared/ui/Chip";
import { healthWords } from "../nodeHealth";
import { logWords, startSkew } from "../spreadWords";

function look(node: RunNode, ended: boolean): ChipLook {
  switch (node.state) {
    case "waiting":
      if (ended) return { tone: "ended", word: "not started", icon: "dash-circle" };
      return { tone: "ended", word: "waiting", icon: "clock" };
    case "starting":
      return { tone: "running", word: "starting", icon: "hourglass" };
    case "running":
      return { tone: "running", word: "running", icon: "play" };
    case "ended":
      return node.exit_code === null || node.exit_code === 0
        ? { tone: "ended", word: "ended", icon: "check-circle" }
        : { tone: "attention", word: `exited with code ${node.exit_code}`, icon: "exclamation-triangle" };
    case "lost":
      return { tone: "failed", word: "lost", icon: "x-circle" };
  }
}

interface Props {
  nodes: RunNode[];
  ended: boolean;
  /** It is at most as high as the window, and scrolls by itself. */
  scrolls?: boolean;
}

/** The JMeter processes of the run, and the state of their machines. */
export function NodeList({ nodes, ended, scrolls = false }: Props) {
  const skew = startSkew(nodes);
  return (
    // A scrollable element must be focusable.
    <div className="card list-card" role="region" aria-label="Nodes" tabIndex={scrolls ? 0 : undefined}>
      <header className="chart-head">
        <h2>Nodes</h2>
      </header>
      <ul className="pairs">
        {nodes.map((node) => (
          <li key={node.name}>
            <span>
              {node.name}
              <Health node={node} />
              <OwnLog node={node} />
            </span>
            <Chip {...look(node, ended)} />
          </li>
        ))}
        {skew !== null && (
          <li>
            <span>First samples</span>
            <span className="text-muted">within {skew}</span>
          </li>
        )}
        {nodes.length === 0 && <li className="text-muted">Nodes appear here once the run is prepared.</li>}
      </ul>
    </div>
  );
}

/** With direct results: since when a worker's log is missing, and whether it is complete. */
function OwnLog({ node }: { node: RunNode }) {
  const words = logWords(node);
  return words.length === 0 ? null : <small className="text-muted">{words.join(" · ")}</small>;
}

function Health({ node }: { node: RunNode }) {
  const words = healthWords(node);
  if (words.length === 0) return null;
  return (
    <small className="text-muted">
      {words.map(({ text, isBad }, index) => (
        <span key={text}>
          {index > 0 && " · "}
          {isBad ? <strong className="text-danger">{text}</strong> : text}
        </span>
      ))}
    </small>
  );
}
