/** The filter of the audit trail: in the URL, and as parameters of the request. Pure. */
import { fromLocalInput } from "@/shared/format/time";

export interface AuditFilter {
  person: string;
  action: string;
  /** ID of an object. */
  thing: string;
  text: string;
  /** Times of the form in the chosen zone, `2026-11-28T06:00`; empty: no limit. */
  from: string;
  to: string;
}

const FIELDS = ["person", "action", "thing", "text", "from", "to"] as const satisfies (keyof AuditFilter)[];

export function readFilter(url: URLSearchParams): AuditFilter {
  const get = (name: string) => url.get(name) ?? "";
  return { person: get("person"), action: get("action"), thing: get("thing"), text: get("text"), from: get("from"), to: get("to") };
}

export function writeFilter(url: URLSearchParams, filter: AuditFilter): void {
  for (const field of FIELDS) {
    if (filter[field].trim() === "") url.delete(field);
    else url.set(field, filter[field].trim());
  }
}

/** The error at the end field if the end is before the start. */
export function faultOf({ from, to }: AuditFilter): string | undefined {
  return from !== "" && to !== "" && Date.parse(to) <= Date.parse(from) ? "Must be after the start." : undefined;
}

export function isEmpty(filter: AuditFilter): boolean {
  return FIELDS.every((field) => filter[field].trim() === "");
}

/** The parameters of the request; its times are in milliseconds. */
export function auditSearch(filter: AuditFilter): string {
  const search = new URLSearchParams();
  for (const field of ["person", "action", "thing", "text"] as const) if (filter[field].trim() !== "") search.set(field, filter[field].trim());
  for (const field of ["from", "to"] as const) {
    const at = fromLocalInput(filter[field]);
    if (at !== null) search.set(field, String(at));
  }
  return search.toString();
}
