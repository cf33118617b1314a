/** Errors by response, and the most frequent ones of each label. Pure. */
import type { Entry, ErrorGroup } from "@/shared/api/types";

export interface ErrorType {
  code: string;
  message: string;
  count: number;
  labels: number;
  /** The remainder that the log's reader did not keep separately: no search finds exactly these. */
  remainder: boolean;
  percentOfErrors: number | null;
  percentOfSamples: number | null;
}

/** Merges groups that differ only in their label; most frequent first. */
export function errorTypes(groups: ErrorGroup[], total: Pick<Entry, "samples" | "errors">): ErrorType[] {
  const types = new Map<string, ErrorType>();
  for (const { label, code, message, count } of groups) {
    const key = JSON.stringify([code, message]);
    const type = types.get(key) ?? { code, message, count: 0, labels: 0, remainder: label === "", percentOfErrors: null, percentOfSamples: null };
    type.count += count;
    type.labels += 1;
    types.set(key, type);
  }
  const share = (count: number, all: number) => (all === 0 ? null : (count / all) * 100);
  return [...types.values()].map((type) => ({ ...type, percentOfErrors: share(type.count, total.errors), percentOfSamples: share(type.count, total.samples) })).sort((a, b) => b.count - a.count);
}

export interface LabelErrors {
  label: string;
  samples: number;
  errors: number;
  top: ErrorGroup[];
}

/** The five most frequent errors of each label with errors, the label with most errors first. */
export function topErrors(groups: ErrorGroup[], entries: Entry[], most = 5): LabelErrors[] {
  const byLabel = new Map<string, ErrorGroup[]>();
  for (const group of groups) byLabel.set(group.label, [...(byLabel.get(group.label) ?? []), group]);
  return entries
    .filter((entry) => entry.errors > 0 && byLabel.has(entry.label))
    .map((entry) => ({
      label: entry.label,
      samples: entry.samples,
      errors: entry.errors,
      top: [...(byLabel.get(entry.label) ?? [])].sort((a, b) => b.count - a.count).slice(0, most),
    }))
    .sort((a, b) => b.errors - a.errors);
}

/** `Non HTTP response code: java.net.SocketTimeoutException` becomes `SocketTimeoutException`. */
export function shownCode(code: string): string {
  return code.replace(/^Non HTTP response code: (?:[\w$]+\.)*(?=[\w$])/, "");
}

export function shownMessage(message: string): string {
  return message.replace(/^Non HTTP response message: (?=.)/, "");
}
