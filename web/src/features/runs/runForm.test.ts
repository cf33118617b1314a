import { describe, expect, it } from "vitest";
import { newCriterion, newRule } from "./judgedForm";
import { checkRunForm, EMPTY_FORM, parseProperties, withPlan, type RunForm } from "./runForm";

const known = [
  { name: "host", default: "127.0.0.1", value: null },
  { name: "users", default: "30", value: null },
  { name: "token", default: null, value: null },
];
const form: RunForm = { ...EMPTY_FORM, planId: "p", clusterId: "c" };

describe("the start dialog", () => {
  it("sends only properties that differ from the plan's own", () => {
    const { request } = checkRunForm({ ...form, properties: { host: "127.0.0.1", users: "60", token: "" }, moreProperties: "a.b = 1\n\nurl=http://x/?q=1" }, known, []);
    expect(request?.properties).toEqual({ users: "60", "a.b": "1", url: "http://x/?q=1" });
  });
  it("sends criteria with the unit of their metric", () => {
    const criteria = [newCriterion(1), { ...newCriterion(2), metric: "p95", label: 'GET "/"', op: ">=" as const, value: "800" }];
    expect(checkRunForm({ ...form, judged: { criteria, warmUp: "", rules: [] } }, known, []).request?.criteria).toEqual(["error_percent > 1%", 'p95("GET \\"/\\"") >= 800ms']);
  });
  it("leaves criteria and automatic stop to the plan unless they were changed", () => {
    const { request } = checkRunForm(form, known, []);
    for (const field of ["criteria", "warm_up_s", "stop_rules"]) expect(request).not.toHaveProperty(field);
    const judged = { criteria: [], warmUp: "30", rules: [newRule(1)] };
    expect(checkRunForm({ ...form, judged }, known, []).request).toMatchObject({ criteria: [], warm_up_s: 30, stop_rules: ["error_percent >= 90% for 60s"] });
  });
  it("sends system properties separately from JMeter's, and reports invalid lines", () => {
    expect(checkRunForm({ ...form, systemProperties: "javax.net.ssl.keyStore=keys.p12" }, known, []).request?.system_properties).toEqual({ "javax.net.ssl.keyStore": "keys.p12" });
    expect(checkRunForm(form, known, []).request).not.toHaveProperty("system_properties");
    expect(checkRunForm({ ...form, systemProperties: "ok=1\nnone" }, known, []).faults.systemProperties).toBe("Line 2 must be name=value.");
  });
  it("marks only sent properties as secret", () => {
    const secret = ["pin", "users", "ssl.pin", "gone"];
    const { request } = checkRunForm({ ...form, secret, moreProperties: "pin=1234", systemProperties: "ssl.pin=5" }, known, []);
    expect(request?.secret).toEqual(["pin", "ssl.pin"]);
    expect(checkRunForm({ ...form, secret: ["gone"] }, known, []).request).not.toHaveProperty("secret");
  });
  it("splits only files that the plan has", () => {
    expect(checkRunForm({ ...form, split: ["users.csv", "gone.csv"] }, known, ["users.csv"]).request?.split).toEqual(["users.csv"]);
  });
  it("sends the distribution over workers only if it was changed", () => {
    for (const field of ["results", "min_workers", "share"]) expect(checkRunForm(form, known, []).request).not.toHaveProperty(field);
    const { request } = checkRunForm({ ...form, results: "direct", minWorkers: "2", share: "threads=1000\n" }, known, []);
    expect(request).toMatchObject({ results: "direct", min_workers: 2, share: { threads: 1000 } });
    const { faults } = checkRunForm({ ...form, minWorkers: "0", share: "threads=many" }, known, []);
    expect(faults.minWorkers).toBeDefined();
    expect(faults.share).toBe("The total of threads must be a whole number.");
  });
  it("lists all errors at once", () => {
    const { request, faults } = checkRunForm({ ...EMPTY_FORM, grace: "-1", moreProperties: "nothing", judged: { criteria: [{ ...newCriterion(7), value: "x" }], warmUp: "", rules: [] } }, known, []);
    expect(request).toBeNull();
    expect(faults.plan).toBeDefined();
    expect(faults.cluster).toBeDefined();
    expect(faults.grace).toBeDefined();
    expect(faults.moreProperties).toBe("Line 1 must be name=value.");
    expect(faults.judged.criteria[7]).toBeDefined();
  });
});

it("keeps for another plan what does not belong to a plan, and nothing else", () => {
  const kept: Partial<RunForm> = { clusterId: "c", name: "peak", grace: "30", results: "direct", minWorkers: "2", tryRun: true };
  const filled: RunForm = { ...form, ...kept, properties: { users: "60" }, secret: ["users"], share: "users=60", split: ["users.csv"] };
  expect(withPlan(filled, "q")).toEqual({ ...EMPTY_FORM, ...kept, planId: "q" });
});

it("reads name=value lines", () => {
  expect(parseProperties("a=1\r\nb=").properties).toEqual({ a: "1", b: "" });
  expect(parseProperties("a b=1").fault).toBe("Line 1 must be name=value.");
});
