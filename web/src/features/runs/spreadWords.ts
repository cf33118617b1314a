/** How a run is distributed over its workers, as text. */
import type { ResultsChoice, Run, RunNode } from "@/shared/api/types";
import { formatMs } from "@/shared/format/numbers";
import { formatTimeNear } from "@/shared/format/time";

export const RESULTS_WORDS: Record<ResultsChoice, string> = { auto: "Automatic", rmi: "RMI through the master", direct: "Direct from the workers" };

/** The path of the workers' results, and whether JAC chose it; null: the master runs the plan alone. */
export function resultsWords(run: Pick<Run, "results" | "results_choice" | "workers">): string | null {
  if (run.workers === 0) return null;
  const word = RESULTS_WORDS[run.results];
  return run.results_choice === "auto" && run.results === "direct" ? `${word}, chosen for more than 20 workers` : word;
}

/** The largest difference between the first samples of the nodes; null: there are fewer than two. */
export function startSkew(nodes: Pick<RunNode, "first_sample_ms">[]): string | null {
  const first = nodes.flatMap((node) => (node.first_sample_ms == null ? [] : [node.first_sample_ms]));
  return first.length < 2 ? null : formatMs(Math.max(...first) - Math.min(...first));
}

/** The state of a node's own log. */
export function logWords(node: Pick<RunNode, "lost_ms" | "log" | "first_sample_ms">): string[] {
  const words: string[] = [];
  if (node.lost_ms != null) words.push(`missing since ${formatTimeNear(node.lost_ms, node.first_sample_ms ?? node.lost_ms)}`);
  if (node.log != null) words.push(node.log.whole ? "log verified" : "log incomplete");
  return words;
}
