import type { ComparisonReport, Report } from "@/shared/api/types";

export type Reading = { report: Report } | { comparison: ComparisonReport } | { fault: string };

/** What the server or the command line put into the page: a report, or several results beside each other. */
export function readReport(page: Document): Reading {
  return readText(page.getElementById("jac-report")?.textContent ?? "null");
}

export function readText(text: string): Reading {
  try {
    const parsed = JSON.parse(text) as Report | ComparisonReport | null;
    if (parsed === null) return { fault: "This file is the empty form of a report: JAC has put no results into it." };
    if (parsed.version !== 1) return { fault: `This file holds a report of version ${parsed.version}; its page knows version 1.` };
    return "comparisons" in parsed ? { comparison: parsed } : { report: parsed };
  } catch (error) {
    return { fault: `The results inside this file can't be read; it may be cut off. ${String(error)}` };
  }
}
