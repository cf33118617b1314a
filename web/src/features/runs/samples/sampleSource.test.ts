import { expect, it } from "vitest";
import { sourceWords } from "./sampleSource";

it("shows which program answered if it was not simply the log, and why the log was used", () => {
  expect(sourceWords({ source: "log", fallback: null })).toBeNull();
  expect(sourceWords({ source: "es", fallback: null })).toBe("Answered by search target es.");
  const fallback = (code: string) => sourceWords({ source: "log", fallback: { target: "es", code } });
  expect(fallback("search_timeout")).toBe("Read from the result log: search target es did not answer.");
  expect(fallback("search_denied")).toBe("Read from the result log: search target es could not answer (search_denied).");
});
