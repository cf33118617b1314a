import { expect, it } from "vitest";
import type { Entry, ErrorGroup } from "@/shared/api/types";
import { errorTypes, shownCode, shownMessage, topErrors } from "./errorTypes";

const group = (label: string, code: string, count: number): ErrorGroup => ({ label, code, message: "said", example: "said", count, first_ms: 0, last_ms: 1 });
const entry = (label: string, samples: number, errors: number) => ({ label, samples, errors }) as Entry;
const groups = [group("a", "500", 4), group("b", "503", 5), group("b", "500", 6), group("a", "404", 1), group("", "", 4)];

it("adds up groups that differ only in the label", () => {
  const types = errorTypes(groups, { samples: 200, errors: 20 });
  expect(types.map((type) => [type.code, type.count, type.labels, type.remainder, type.percentOfErrors, type.percentOfSamples])).toEqual([
    ["500", 10, 2, false, 50, 5],
    ["503", 5, 1, false, 25, 2.5],
    ["", 4, 1, true, 20, 2],
    ["404", 1, 1, false, 5, 0.5],
  ]);
  expect(errorTypes(groups, { samples: 0, errors: 0 })[0]?.percentOfErrors).toBeNull();
});

it("lists the most frequent errors of each label", () => {
  const top = topErrors(groups, [entry("a", 50, 5), entry("b", 60, 11), entry("fine", 90, 0)], 1);
  expect(top.map((each) => [each.label, each.errors, each.top.map((error) => error.code)])).toEqual([
    ["b", 11, ["500"]],
    ["a", 5, ["500"]],
  ]);
});

it("removes the prefix that JMeter puts before other failures than HTTP responses", () => {
  expect(shownCode("Non HTTP response code: java.net.SocketTimeoutException")).toBe("SocketTimeoutException");
  expect(["500", "", "Non HTTP response code: "].map(shownCode)).toEqual(["500", "", "Non HTTP response code: "]);
  expect(shownMessage("Non HTTP response message: Read timed out")).toBe("Read timed out");
  expect(shownMessage("Non HTTP response message: ")).toBe("Non HTTP response message: ");
});
