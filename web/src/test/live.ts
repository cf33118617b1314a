/** Live messages as the server pushes them. */
import { deflateSync } from "node:zlib";
import type { PushedSnapshot, Snapshot } from "@/shared/api/types";

/** The snapshot with all cells of its labels as changed ones, compressed. */
export function packed(snapshot: Snapshot): ArrayBuffer {
  const labels = snapshot.summary.labels;
  const columns = Object.keys(labels[0] ?? {}).filter((column) => column !== "label");
  const rows = labels.map((entry): [string, number, ...unknown[]] => [entry.label, 2 ** columns.length - 1, ...columns.map((column) => entry[column as keyof typeof entry])]);
  const pushed: PushedSnapshot = { ...snapshot, summary: { ...snapshot.summary, labels: [] }, table: { columns, rows } };
  return new Uint8Array(deflateSync(JSON.stringify(pushed))).buffer;
}
