import { describe, expect, it } from "vitest";
import { firingChip, localWords, onWords, timingWords, whyWords } from "./scheduleWords";

describe("texts about schedules", () => {
  it("show times in the schedule's zone, whatever the viewer's is", () => {
    expect(localWords("2026-12-01T03:00:00+01:00")).toBe("Tue 2026-12-01 03:00, UTC+01:00");
    expect(localWords("2026-12-01T03:00:07+00:00")).toBe("Tue 2026-12-01 03:00:07, UTC");
    expect(localWords("2026-12-06T23:59")).toBe("Sun 2026-12-06 23:59");
  });

  it("describe presets and show other expressions unchanged", () => {
    expect(timingWords({ kind: "cron", expression: "0 3 * * *", zone: "UTC" })).toBe("Every day at 03:00, UTC");
    expect(timingWords({ kind: "cron", expression: "*/7 * * * *", zone: "UTC" })).toBe("*/7 * * * *, UTC");
    expect(timingWords({ kind: "once", at: "2026-12-01T03:00:00", zone: "UTC" })).toBe("Once, Tue 2026-12-01 03:00, UTC");
  });

  it("describe where runs take place, and why there was no run", () => {
    expect(onWords({ kind: "cluster", cluster_id: "c-1", cluster_name: "load" })).toBe("load");
    expect(whyWords({ state: "missed", code: "missed", message: "JAC was not running.", times: 12 })).toBe("12 times in a row. JAC was not running.");
    expect(whyWords({ state: "finished", code: "completed", message: "The plan completed.", times: 1 })).toBe("");
  });

  it("show only a run that completed and met its criteria as good", () => {
    expect(firingChip({ state: "finished", code: "completed" })).toMatchObject({ tone: "good", word: "finished" });
    const codes = ["criteria_failed", "all_samples_failed", "no_samples", "auto_stopped", "stopped", "run_deleted"];
    const chips = codes.map((code) => firingChip({ state: "finished", code }));
    expect(chips.map(({ tone }) => tone)).toEqual(["failed", "attention", "attention", "failed", "ended", "ended"]);
    expect(whyWords({ state: "finished", code: "stopped", message: "Stopped by Ada (graceful).", times: 1 })).toBe("Stopped by Ada (graceful).");
    expect(firingChip({ state: "failed", code: "run_failed" }).tone).toBe("failed");
  });
});
