/** The part of a node's log that a page keeps. Pure. */
import type { NodeLog } from "@/shared/api/types";

export interface LogTail {
  /** Byte where the kept text starts, and where the next question starts. */
  from: number;
  next: number;
  size: number;
  lines: string[];
  /** The last line has no end yet. */
  open: boolean;
}

export const EMPTY_TAIL: LogTail = { from: 0, next: 0, size: 0, lines: [], open: false };
export const MAX_LINES = 5000;
/** How much of a long log is fetched at first. */
export const FIRST_BYTES = 128 * 1024;

/** Adds a chunk that follows what is kept; a chunk from elsewhere (the log was started again, or a jump to its end) starts over. */
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

/** The level that JMeter's own log line carries. */
export function levelOf(line: string): Level {
  const head = line.slice(0, 60);
  if (/\b(ERROR|FATAL)\b/.test(head)) return "error";
  return /\bWARN\b/.test(head) ? "warn" : "other";
}
