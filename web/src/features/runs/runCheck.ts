/** The server's check of the current settings, and the fields of its errors. Pure. */
import type { CheckProperty, Fault, Finding, RunCheckRequest } from "@/shared/api/types";
import { EMPTY_FORM, settingsOf, type RunFaults, type RunForm } from "./runForm";

/** The data of a run's cluster that the check needs. */
export type CheckedCluster = Pick<RunCheckRequest, "provider" | "jmeter_version">;

/** The request; null if the plan's own check is enough, or the form cannot be sent. `on`: null: no cluster is selected. */
export function runCheckRequest(form: RunForm, faults: RunFaults, known: CheckProperty[], splittable: string[], workers: number, on: CheckedCluster | null): RunCheckRequest | null {
  if (faults.minWorkers !== undefined || faults.share !== undefined || faults.moreProperties !== undefined || faults.systemProperties !== undefined) return null;
  const asked = requestOf(form, known, splittable, workers);
  if (on !== null) return { ...asked, ...on };
  return JSON.stringify(asked) === JSON.stringify(requestOf(EMPTY_FORM, known, splittable, workers)) ? null : asked;
}

function requestOf(form: RunForm, known: CheckProperty[], splittable: string[], workers: number): RunCheckRequest {
  const { plan_revision, properties, system_properties, properties_files, split, results, min_workers, share, try_run } = settingsOf(form, known, splittable);
  return {
    workers,
    plan_revision: plan_revision ?? null,
    properties: properties ?? {},
    system_properties: system_properties ?? {},
    properties_files: properties_files ?? [],
    split: split ?? [],
    results: results ?? "auto",
    min_workers: min_workers ?? null,
    share: share ?? {},
    provider: null,
    jmeter_version: null,
    try_run: try_run ?? false,
  };
}

const FIELDS: Record<string, "minWorkers" | "share" | "moreProperties"> = { min_workers: "minWorkers", results: "minWorkers", share: "share", properties: "moreProperties" };

/** The server's errors by field; `rest`: those of a file or of a field that is not shown. */
export function placeRunFaults(faults: Fault[], known: CheckProperty[]): { beside: Omit<RunFaults, "judged">; rest: string[] } {
  const beside: Omit<RunFaults, "judged"> = {};
  const rest: string[] = [];
  for (const { field, message } of faults) {
    const [first = "", name] = (field ?? "").split("/").slice(1).map(unescaped);
    const place = FIELDS[first];
    if (first === "properties" && name !== undefined && known.some((each) => each.name === name)) beside.properties = { ...beside.properties, [name]: message };
    else if (place !== undefined) beside[place] = beside[place] === undefined ? message : `${beside[place]} ${message}`;
    else rest.push(message);
  }
  return { beside, rest };
}

/** Numbers of the plan that JMeter would read as 0, assigned to the property that was entered; those that prevent the start are errors, too. */
export function numberFindings(findings: Finding[], typed: Record<string, string>): Record<string, string> {
  const found = findings.filter(({ code }) => code === "not_a_number");
  return Object.fromEntries(
    Object.entries(typed).flatMap(([name, value]) => {
      const finding = found.find(({ params }) => value.trim() !== "" && params["text"]?.trim() === value.trim());
      return finding === undefined ? [] : [[name, finding.message]];
    }),
  );
}

/** A part of a JSON pointer (RFC 6901). */
function unescaped(part: string): string {
  return part.replaceAll("~1", "/").replaceAll("~0", "~");
}
