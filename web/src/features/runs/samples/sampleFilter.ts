/**
 * The filter of the sample search: in the form, in the URL (`find.label=…`), in the request, and from a table's row. Pure.
 * The form's fields are texts; an empty one does not filter.
 */
import type { SampleWhere } from "@/features/results/sampleWhere";
import { fromLocalInput, toLocalInput } from "@/shared/format/time";

export interface SampleFilter {
  /** Regular expression. */
  label: string;
  code: string;
  success: "" | "true" | "false";
  min_ms: string;
  max_ms: string;
  /** Epoch milliseconds. */
  from_ms: string;
  to_ms: string;
  /** Regular expression. */
  thread: string;
  /** In message or URL. */
  text: string;
  keep: "first" | "slowest";
  limit: string;
}

export const EMPTY: SampleFilter = {
  label: "",
  code: "",
  success: "",
  min_ms: "",
  max_ms: "",
  from_ms: "",
  to_ms: "",
  thread: "",
  text: "",
  keep: "first",
  limit: "100",
};

export const LIMITS = ["100", "300", "1000"];

const PREFIX = "find.";
const FIELDS = Object.keys(EMPTY) as (keyof SampleFilter)[];

/** The search in the URL; null if there is none. */
export function readFilter(parameters: URLSearchParams): SampleFilter | null {
  if (!FIELDS.some((field) => parameters.has(PREFIX + field))) return null;
  const of = (field: keyof SampleFilter) => parameters.get(PREFIX + field) ?? EMPTY[field];
  const success = of("success");
  const limit = of("limit");
  return {
    label: of("label"),
    code: of("code"),
    success: success === "true" || success === "false" ? success : "",
    min_ms: of("min_ms"),
    max_ms: of("max_ms"),
    from_ms: of("from_ms"),
    to_ms: of("to_ms"),
    thread: of("thread"),
    text: of("text"),
    keep: of("keep") === "slowest" ? "slowest" : "first",
    limit: LIMITS.includes(limit) ? limit : EMPTY.limit,
  };
}

/** Puts this search into the URL instead of the previous one; null removes it. `keep` is always set: it marks that there is a search. */
export function writeFilter(parameters: URLSearchParams, filter: SampleFilter | null): void {
  for (const field of FIELDS) {
    const value = filter === null ? "" : filter[field];
    if (value === "" || (field === "limit" && value === EMPTY.limit)) parameters.delete(PREFIX + field);
    else parameters.set(PREFIX + field, value);
  }
}

/** The request's query. */
export function requestOf(filter: SampleFilter): string {
  const query = new URLSearchParams();
  for (const field of FIELDS) if (filter[field] !== "") query.set(field, filter[field]);
  return query.toString();
}

export type Faults = Partial<Record<keyof SampleFilter, string>>;

/** Invalid values, by field. The server checks the patterns. */
export function faultsOf(filter: SampleFilter): Faults {
  const faults: Faults = {};
  for (const field of ["min_ms", "max_ms"] as const) {
    if (!/^\d{0,9}$/.test(filter[field].trim())) faults[field] = "Must be whole milliseconds.";
  }
  if (faults.min_ms === undefined && faults.max_ms === undefined && before(filter.max_ms, filter.min_ms)) faults.max_ms = "Must be at least the minimum.";
  if (before(filter.to_ms, filter.from_ms)) faults.to_ms = "End must be after start.";
  return faults;
}

function before(upper: string, lower: string): boolean {
  return upper !== "" && lower !== "" && Number(upper) < Number(lower);
}

/** The search for a row's samples: its label literally, not as a pattern; `within`: the time range that the page is zoomed to. */
export function filterFor(where: SampleWhere, within: [number, number] | null): SampleFilter {
  return {
    ...EMPTY,
    label: where.label === undefined ? "" : `^${where.label.replaceAll(/[\\.+*?()|[\]{}^$]/g, "\\$&")}$`,
    code: where.code ?? "",
    text: where.text ?? "",
    from_ms: within === null ? "" : String(within[0]),
    to_ms: within === null ? "" : String(within[1]),
    success: where.success === undefined ? "" : where.success ? "true" : "false",
  };
}

/** Epoch milliseconds of the URL in the format of a `datetime-local` input; empty for none. */
export function toLocal(ms: string): string {
  return ms === "" || !Number.isFinite(Number(ms)) ? "" : toLocalInput(Number(ms));
}

export function fromLocal(text: string): string {
  return String(fromLocalInput(text) ?? "");
}
