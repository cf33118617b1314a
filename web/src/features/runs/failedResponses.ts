/** Failed samples with what was sent and what came back, from the file that JMeter wrote in a try (its XML result log). Pure. */

/** The file that a try's node writes. */
export const FAILURES_FILE = "jac-failed-responses.xml";

/** So many are shown. */
export const MOST_FAILURES = 10;
/** So much of a body. */
const LONGEST_BODY = 20_000;

export interface FailedResponse {
  label: string;
  code: string;
  message: string;
  /** Assertions that failed, each with what it said. */
  assertions: string[];
  request: string;
  responseHeaders: string;
  body: string;
}

/** The first failures; an unfinished file gives those that are whole. */
export function failedResponses(xml: string): FailedResponse[] {
  // A node that was lost in the middle leaves the end open.
  const whole = xml.trimEnd().endsWith("</testResults>") ? xml : `${xml.slice(0, Math.max(xml.lastIndexOf("</httpSample>") + 13, xml.lastIndexOf("</sample>") + 9))}</testResults>`;
  const root = new DOMParser().parseFromString(whole, "application/xml").documentElement;
  if (root.tagName !== "testResults") return [];
  return [...root.children]
    .filter((sample) => sample.tagName === "httpSample" || sample.tagName === "sample")
    .slice(0, MOST_FAILURES)
    .map(failureOf);
}

function failureOf(sample: Element): FailedResponse {
  const text = (tag: string) => [...sample.children].find((child) => child.tagName === tag)?.textContent ?? "";
  const request = [`${text("method")} ${text("java.net.URL")}`.trim(), text("requestHeader").trim(), (text("queryString") || text("samplerData")).trim()];
  const assertions = [...sample.children].filter((child) => child.tagName === "assertionResult").flatMap((result) => assertionOf(result));
  return {
    label: sample.getAttribute("lb") ?? "",
    code: sample.getAttribute("rc") ?? "",
    message: sample.getAttribute("rm") ?? "",
    assertions,
    request: request.filter((part) => part !== "").join("\n\n"),
    responseHeaders: text("responseHeader").trim(),
    body: cut(text("responseData")),
  };
}

function assertionOf(result: Element): string[] {
  const of = (tag: string) => [...result.children].find((child) => child.tagName === tag)?.textContent ?? "";
  if (of("failure") !== "true" && of("error") !== "true") return [];
  return [`${of("name")}: ${of("failureMessage")}`];
}

function cut(text: string): string {
  return text.length > LONGEST_BODY ? `${text.slice(0, LONGEST_BODY)}…` : text;
}
