import { expect, it } from "vitest";
import { endOf, extendedEnd, extensionOf } from "./clusterEnd";

const HOUR = 3_600_000;

it("takes the earlier of lifetime and idle timeout", () => {
  expect(endOf({ expires_at_ms: 8 * HOUR, idle_ends_at_ms: 1 * HOUR })).toEqual({ at_ms: HOUR, by: "idle" });
  expect(endOf({ expires_at_ms: 1 * HOUR, idle_ends_at_ms: 8 * HOUR })).toEqual({ at_ms: HOUR, by: "lifetime" });
  expect(endOf({ expires_at_ms: HOUR, idle_ends_at_ms: null }).by).toBe("lifetime");
});

it("calculates the new end, and whether the cluster got it", () => {
  const idle = { expires_at_ms: 8 * HOUR, idle_ends_at_ms: HOUR };
  expect(extendedEnd(idle, 60)).toBe(2 * HOUR);
  expect(extensionOf(2 * HOUR, { ...idle, expires_at_ms: 9 * HOUR }).kept).toBe(false);
  expect(extensionOf(2 * HOUR, { expires_at_ms: 8 * HOUR, idle_ends_at_ms: 2 * HOUR }).kept).toBe(true);
});
