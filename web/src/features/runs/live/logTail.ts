/** The part of a node's log that a page holds. Pure. */
import type { NodeLog } from "@/shared/api/types";

export interface LogTail {
  /** Byte offsets of the start of the text, and of the next request. */
  from: number;
  next: number;
  size: number;
  lines: string[];
  /** Number of lines that were dropped at the start: with it, a line keeps its number while the text grows. */
  dropped: number;
  /** The last line is incomplete. */
  open: boolean;
}

export const EMPTY_TAIL: LogTail = { from: 0, next: 0, size: 0, lines: [], dropped: 0, open: false };
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
  const all = [...kept, ...parts];
  const cut = all.slice(0, Math.max(0, all.length - MAX_LINES));
  return {
    from: (follows ? tail.from : chunk.from) + cut.reduce((bytes, line) => bytes + bytesOf(line), 0),
    next: chunk.next,
    size: chunk.size,
    lines: all.slice(cut.length),
    dropped: (follows ? tail.dropped : 0) + cut.length,
    open,
  };
}

const ENCODER = new TextEncoder();

/** The size of a line in the log, with its line feed. */
function bytesOf(line: string): number {
  return ENCODER.encode(line).length + 1;
}

export type Level = "error" | "warn" | "other";

/** The level of each line of JMeter's log. A line without a time continues the entry above it, as a stack trace does, and has its level. */
export function levelsOf(lines: string[]): Level[] {
  let entry: Level = "other";
  return lines.map((line) => {
    const own = levelOf(line);
    if (/^\d{4}[-/]\d\d[-/]\d\d\b/.test(line)) entry = own;
    return own === "other" ? entry : own;
  });
}

function levelOf(line: string): Level {
  const head = line.slice(0, 60);
  if (/\b(ERROR|FATAL)\b/.test(head)) return "error";
  return /\bWARN\b/.test(head) ? "warn" : "other";
}
