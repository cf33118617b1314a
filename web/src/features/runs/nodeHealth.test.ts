import { describe, expect, it } from "vitest";
import type { RunNode } from "@/shared/api/types";
import { healthWords } from "./nodeHealth";

const NODE: RunNode = { name: "worker-1", role: "worker", state: "running", ports: [], exit_code: null, clock_offset_ms: null, health: null, first_sample_ms: null, lost_ms: null, log: null };
const HEALTH = {
  at_ms: 0,
  cpu_percent: 40,
  cpu_highest_percent: 60,
  was_busy: false,
  memory_used_mb: 1024,
  memory_mb: 4096,
  received_per_s: 2048,
  sent_per_s: 0,
  disk_free_mb: 9000,
  heap_used_mb: 100,
  heap_mb: 512,
  lag_bytes: null,
  samples_per_s: null,
};

describe("the description of a node's machine", () => {
  it("is empty if nothing is known", () => {
    expect(healthWords(NODE)).toEqual([]);
  });

  it("shows what was observed, without marks on a healthy machine", () => {
    const words = healthWords({ ...NODE, clock_offset_ms: -12, health: HEALTH });
    expect(words.map((word) => word.text)).toEqual([
      "CPU 40\u00a0% (peak 60\u00a0%)",
      "memory 1.00\u00a0GB of 4.00\u00a0GB",
      "in 2.00\u00a0KB/s, out 0\u00a0B/s",
      "JVM heap 100\u00a0MB of 512\u00a0MB",
      "8.79\u00a0GB disk free",
      "clock −12\u00a0ms",
    ]);
    expect(words.some((word) => word.isBad)).toBe(false);
  });

  it("marks what disturbs a test", () => {
    const words = healthWords({ ...NODE, clock_offset_ms: 3000, health: { ...HEALTH, cpu_highest_percent: 93, was_busy: true, disk_free_mb: 10, heap_used_mb: 490 } });
    expect(words.filter((word) => word.isBad).map((word) => word.text)).toEqual([
      "CPU 40\u00a0% (peak 93\u00a0%)",
      "JVM heap 490\u00a0MB of 512\u00a0MB",
      "10.0\u00a0MB disk free",
      "clock +3,000\u00a0ms",
    ]);
  });
});
