import type { ComparisonReport, Report } from "@/shared/api/types";

export type Reading = { report: Report } | { comparison: ComparisonReport } | { fault: string };

/** The data that the server or the command line embedded in the page: a report, or a comparison. */
export function readReport(page: Document): Reading {
  return readText(page.getElementById("jac-report")?.textContent ?? "null");
}

export function readText(text: string): Reading {
  try {
    const parsed = JSON.parse(text) as Report | ComparisonReport | null;
    if (parsed === null) return { fault: "This report is empty: it contains no results." };
    if (parsed.version !== 1) return { fault: `Unsupported report version ${parsed.version}: this page reads version 1.` };
    return "comparisons" in parsed ? { comparison: parsed } : { report: parsed };
  } catch (error) {
    return { fault: `The results in this file cannot be read; the file may be truncated. ${String(error)}` };
  }
}
