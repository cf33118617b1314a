import type { ComparedResult } from "@/shared/api/types";
import { formatDateTime, formatTime } from "@/shared/format/time";

/** The results' names; equal ones (runs of one plan) get their start, those with equal starts a number. */
export function resultNames(results: Pick<ComparedResult, "name" | "start_ms">[]): string[] {
  const days = new Set(results.map(({ start_ms }) => formatDateTime(start_ms).slice(0, 10)));
  const started = results.map(({ name, start_ms }) => {
    if (results.filter((other) => other.name === name).length === 1 || start_ms === null) return name;
    return `${name}, ${days.size === 1 ? formatTime(start_ms) : formatDateTime(start_ms)}`;
  });
  return started.map((name, index) => {
    const alike = started.filter((other) => other === name).length > 1;
    return alike ? `${name} (${started.slice(0, index + 1).filter((other) => other === name).length})` : name;
  });
}
