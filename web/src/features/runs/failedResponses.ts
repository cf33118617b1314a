/** Failed samples with request and response, from the file that JMeter wrote in a try run (its XML result log). Pure. */

/** The file that a try run's node writes. */
export const FAILURES_FILE = "jac-failed-responses.xml";

/** Number of samples shown. */
export const MOST_FAILURES = 10;
/** Maximum length of a body. */
const LONGEST_BODY = 20_000;

export interface FailedResponse {
  label: string;
  code: string;
  message: string;
  /** Failed assertions, each with its message. */
  assertions: string[];
  request: string;
  responseHeaders: string;
  body: string;
}

/** The first failures; of a truncated file only the complete ones; null: it cannot be parsed. */
export function failedResponses(xml: string): FailedResponse[] | null {
  if (!xml.includes("<testResults")) return null;
  // A node that was lost leaves an unfinished file.
  const end = Math.max(xml.lastIndexOf("</httpSample>") + 13, xml.lastIndexOf("</sample>") + 9);
  const isWhole = xml.trimEnd().endsWith("</testResults>");
  if (!isWhole && end < 13) return [];
  const document = new DOMParser().parseFromString(readable(isWhole ? xml : `${xml.slice(0, end)}</testResults>`), "application/xml");
  const root = document.documentElement;
  if (root.tagName !== "testResults" || document.querySelector("parsererror") !== null) return null;
  return [...root.children]
    .filter((sample) => sample.tagName === "httpSample" || sample.tagName === "sample")
    .slice(0, MOST_FAILURES)
    .map(failureOf);
}

/** JMeter writes responses unchanged: characters that XML does not allow, such as binary data, would make the whole file unreadable. */
function readable(xml: string): string {
  const references = xml.replaceAll(/&#(?:x([0-9a-f]+)|(\d+));/gi, (written, hex: string | undefined, decimal: string | undefined) =>
    isCharacter(hex === undefined ? Number(decimal) : Number.parseInt(hex, 16)) ? written : REPLACEMENT,
  );
  return references.replaceAll(/[^\t\n\r\u{20}-\u{D7FF}\u{E000}-\u{FFFD}\u{10000}-\u{10FFFF}]/gu, REPLACEMENT);
}

const REPLACEMENT = "\uFFFD";

/** XML 1.0, production 2. */
function isCharacter(code: number): boolean {
  return code === 9 || code === 10 || code === 13 || (code >= 0x20 && code <= 0xd7ff) || (code >= 0xe000 && code <= 0xfffd) || (code >= 0x10000 && code <= 0x10ffff);
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
