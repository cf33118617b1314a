import { expect, it } from "vitest";
import type { ComparedResult, ErrorType } from "@/shared/api/types";
import { entryOf, summaryOf } from "@/test/results";
import { differencesOf, errorChanges } from "./differences";

type Started = NonNullable<ComparedResult["run"]>;
const STARTED: Started = {
  plan: "shop",
  plan_revision: 3,
  users: 100,
  workers: 2,
  machines: "local",
  properties: { threads: "50" },
  system_properties: {},
  properties_files: [],
  jmeter: "5.6.3",
  java: ["21"],
  share: {},
  split: [],
};
const result = (run: Partial<Started> | null, seconds = 600): ComparedResult => ({
  name: "A",
  run_id: null,
  run: run === null ? null : { ...STARTED, ...run },
  errors: [],
  start_ms: 0,
  bucket_ms: null,
  points: [],
  profile: null,
  percents: [],
  summary: summaryOf([entryOf("Home")], { samples: seconds * 10, throughput_per_s: 10 }),
});
const words = (before: ComparedResult, after: ComparedResult) => differencesOf(before, after)?.map(({ name, before: was, after: is, load }) => `${name} ${was} → ${is}${load ? " (load)" : ""}`);

it("lists differences, the load first", () => {
  expect(words(result({}), result({}))).toEqual([]);
  expect(words(result({}), result({ users: 200, workers: 4, plan_revision: 4, properties: { threads: "50", host: "" }, machines: "c6i.large in eu-central-1" }, 900))).toEqual([
    "Users 100 → 200 (load)",
    "Workers 2 → 4",
    "Duration 10\u00a0min → 15\u00a0min",
    "Plan revision 3 → 4",
    "Machines local → c6i.large in eu-central-1",
    "host not set → empty",
  ]);
});

it("lists system properties, properties files and versions", () => {
  const other = { system_properties: { "dns.ttl": "5" }, properties_files: ["a.properties"], jmeter: "5.5", java: ["17", "21"] };
  expect(words(result({}), result(other))).toEqual(["JMeter 5.6.3 → 5.5", "Java 21 → 17, 21", "-Ddns.ttl not set → 5", "Properties files none → a.properties"]);
});

it("treats another number of workers as another load if the users are unknown", () => {
  expect(words(result({ users: null }), result({ users: null, workers: 3 }))).toEqual(["Workers 2 → 3 (load)"]);
});

it("has no differences for imported logs", () => {
  expect(differencesOf(result(null), result({}))).toBeNull();
});

it("distinguishes new and gone failures from those of both runs", () => {
  const error = (code: string, message: string): ErrorType => ({ code, message, example: message, count: 1, labels: 1, first_ms: 0, last_ms: 0 });
  const changes = errorChanges([error("500", "a"), error("500", "b")], [error("500", "b"), error("503", "a")]);
  expect([changes.new.map(({ code }) => code), changes.gone.map(({ message }) => message)]).toEqual([["503"], ["a"]]);
});
