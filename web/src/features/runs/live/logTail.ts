/** The part of a node's log that a page holds. Pure. */
import type { NodeLog } from "@/shared/api/types";

export interface LogTail {
  /** Byte offsets of the start of the text, and of the next request. */
  from: number;
  next: number;
  size: number;
  lines: string[];
  /** The last line is incomplete. */
  open: boolean;
}

export const EMPTY_TAIL: LogTail = { from: 0, next: 0, size: 0, lines: [], open: false };
export const MAX_LINES = 5000;
/** How much of a long log is fetched initially. */
export const FIRST_BYTES = 128 * 1024;

/** Adds a chunk that follows the text; any other chunk (the log was restarted, or its end was requested) replaces it. */
export function addChunk(tail: LogTail, chunk: NodeLog): LogTail {
  const follows = tail.lines.length > 0 && chunk.from === tail.next;
  if (follows && chunk.text === "") return tail.size === chunk.size ? tail : { ...tail, size: chunk.size };
  const before = follows ? tail.lines : [];
  const joined = follows && tail.open ? (before.at(-1) ?? "") + chunk.text : chunk.text;
  const kept = follows && tail.open ? before.slice(0, -1) : before;
  const parts = joined.split("\n");
  const open = parts.at(-1) !== "";
  if (!open) parts.pop();
  const lines = [...kept, ...parts];
  return { from: follows ? tail.from : chunk.from, next: chunk.next, size: chunk.size, lines: lines.slice(-MAX_LINES), open };
}

export type Level = "error" | "warn" | "other";

/** The level in a line of JMeter's log. */
export function levelOf(line: string): Level {
  const head = line.slice(0, 60);
  if (/\b(ERROR|FATAL)\b/.test(head)) return "error";
  return /\bWARN\b/.test(head) ? "warn" : "other";
}
