import { expect, it } from "vitest";
import { pointAt } from "@/test/results";
import { pointsWithin, rampUpOf } from "./reportPart";

const users = (...counts: (number | null)[]) => counts.map((active_users, second) => pointAt(second * 1000, { active_users }));

it("ends the ramp-up when all users are active for the first time", () => {
  expect(rampUpOf(users(1, 5, 10, 10, 9))).toEqual({ endMs: 2000, users: 10 });
  // One of 500 starts minutes late.
  expect(rampUpOf(users(100, 499, 499, 500))).toEqual({ endMs: 1000, users: 499 });
});

it("has no ramp-up if all users start at once, or users are unknown", () => {
  for (const points of [users(5, 5, 4), users(null, null), []]) expect(rampUpOf(points)).toBeNull();
});

it("takes the points whose interval is in the time range", () => {
  const times = (range: [number, number]) => pointsWithin(users(1, 2, 3, 4), 1000, range).map((point) => point.t_ms);
  expect(times([1000, 3000])).toEqual([1000, 2000]);
  expect(times([1500, 2001])).toEqual([1000, 2000]);
  expect(times([9000, 9001])).toEqual([]);
});
