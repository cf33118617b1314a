/** What is looked for in the audit trail, as the URL keeps it and as the server is asked. Pure. */
import { fromLocalInput } from "@/shared/format/time";

export interface AuditFilter {
  person: string;
  action: string;
  /** The id of a thing. */
  thing: string;
  text: string;
  /** Times of a form, in the chosen zone, `2026-11-28T06:00`; empty: no end. */
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

/** Beside the end of the time, where it lies before its start. */
export function faultOf({ from, to }: AuditFilter): string | undefined {
  return from !== "" && to !== "" && Date.parse(to) <= Date.parse(from) ? "Must be after the start." : undefined;
}

export function isEmpty(filter: AuditFilter): boolean {
  return FIELDS.every((field) => filter[field].trim() === "");
}

/** The server's parameters; its times are milliseconds. */
export function auditSearch(filter: AuditFilter): string {
  const search = new URLSearchParams();
  for (const field of ["person", "action", "thing", "text"] as const) if (filter[field].trim() !== "") search.set(field, filter[field].trim());
  for (const field of ["from", "to"] as const) {
    const at = fromLocalInput(filter[field]);
    if (at !== null) search.set(field, String(at));
  }
  return search.toString();
}
