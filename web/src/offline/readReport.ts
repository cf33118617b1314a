import type { Report } from "@/shared/api/types";

export type Reading = { report: Report } | { fault: string };

/** The report that the server or the command line put into the page. */
export function readReport(page: Document): Reading {
  const text = page.getElementById("jac-report")?.textContent ?? "null";
  try {
    const parsed = JSON.parse(text) as Report | null;
    if (parsed === null) return { fault: "This file is the empty form of a report: JAC has put no results into it." };
    if (parsed.version !== 1) return { fault: `This file holds a report of version ${parsed.version}; its page knows version 1.` };
    return { report: parsed };
  } catch (error) {
    return { fault: `The results inside this file can't be read; it may be cut off. ${String(error)}` };
  }
}
