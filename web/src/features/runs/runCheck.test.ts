import { expect, it } from "vitest";
import { EMPTY_FORM, isTotal, withTotal } from "./runForm";
import { numberFindings, placeRunFaults, runCheckRequest, type CheckedCluster } from "./runCheck";

const KNOWN = [{ name: "threads", default: "10", value: null }];
const NO_FAULTS = { judged: { criteria: {}, rules: {} } };

it("sends a request only if the settings differ from the plan's own", () => {
  const ask = (more: Partial<typeof EMPTY_FORM>, faults = {}, on: CheckedCluster | null = null) => runCheckRequest({ ...EMPTY_FORM, ...more }, { ...NO_FAULTS, ...faults }, KNOWN, [], 3, on);
  expect(ask({})).toBeNull();
  expect(ask({ name: "peak", grace: "5" })).toBeNull();
  expect(ask({ properties: { threads: "10" } })).toBeNull();
  expect(ask({ properties: { threads: "500" } })).toMatchObject({ workers: 3, properties: { threads: "500" }, share: {} });
  expect(ask({ share: "threads=1000" })).toMatchObject({ share: { threads: 1000 } });
  expect(ask({ share: "threads=many" }, { share: "no number" })).toBeNull();
  // The plan's own check does not depend on a cluster.
  expect(ask({}, {}, { provider: "local", jmeter_version: "5.5" })).toMatchObject({ workers: 3, provider: "local", jmeter_version: "5.5" });
});

it("assigns each error to its field", () => {
  const fault = (field: string, message: string) => ({ code: "malformed", field, message });
  const placed = placeRunFaults(
    [fault("/properties/threads", "a"), fault("/share", "b"), fault("/results", "c"), fault("/min_workers", "d"), fault("/split/0", "e"), fault("/properties/un~1known", "f")],
    KNOWN,
  );
  expect(placed).toEqual({ beside: { properties: { threads: "a" }, share: "b", minWorkers: "c d", moreProperties: "f" }, rest: ["e"] });
});

it("turns a property's value into a total of all workers, and back", () => {
  const shared = withTotal({ ...EMPTY_FORM, properties: { threads: "500" }, share: "other=7" }, "threads", "500");
  expect([shared.share, shared.properties]).toEqual(["other=7\nthreads=500", {}]);
  expect([isTotal(shared, "threads"), isTotal(shared, "thread")]).toEqual([true, false]);
  expect(withTotal(shared, "threads", "600").share).toBe("other=7\nthreads=600");
  const back = withTotal(shared, "threads", null);
  expect([back.share, back.properties]).toEqual(["other=7", { threads: "500" }]);
});

it("reports a number that JMeter reads as 0 at the property that was entered", () => {
  const finding = (text: string) => ({ severity: "warning" as const, code: "not_a_number", element: "Users", message: `The ramp-up period is "${text}".`, hint: null, params: { text } });
  expect(numberFindings([finding("soon"), { ...finding("x"), code: "other" }], { ramp: " soon ", host: "x", empty: "" })).toEqual({ ramp: 'The ramp-up period is "soon".' });
});
