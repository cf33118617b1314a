import { expect, it } from "vitest";
import { CHECK } from "@/test/plans";
import type { Check, ThreadGroup } from "@/shared/api/types";
import { groupNumber, loopWords, totalWords } from "./checkWords";

const check: Check = { ...CHECK, thread_groups: [], threads_per_node: 60, total_threads: 120, duration_s: 300, properties: [] };
const plain = (text: string) => text.replaceAll("\u00a0", " ");

it("describes users multiplied by workers", () => {
  expect(plain(totalWords(check))).toBe("60 users on each of 2 workers = 120 users, for 5 min");
  expect(plain(totalWords({ ...check, workers: 0, threads_per_node: 1, total_threads: 1, duration_s: null }))).toBe("1 user on the master, until the plan ends");
  expect(plain(totalWords({ ...check, total_threads: null }))).toContain("set by properties");
});

it("shows the function of a computed number", () => {
  const group: ThreadGroup = {
    name: "g",
    kind: "Thread Group",
    enabled: true,
    threads: null,
    ramp_up_s: 10,
    loops: -1,
    duration_s: null,
    delay_s: null,
    raw: { threads: "${__P(users)}", ramp_up_s: null, loops: null, duration_s: null, delay_s: null },
  };
  expect(groupNumber(group, "threads")).toBe("${__P(users)}");
  expect(plain(groupNumber(group, "ramp_up_s"))).toBe("10 s");
  expect(groupNumber(group, "duration_s")).toBe("–");
  expect(loopWords(group)).toBe("infinite");
});
