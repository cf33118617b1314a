import { describe, expect, it } from "vitest";
import { formatBytes, formatExactPercent, formatMs, formatNumber, formatPercent, formatRate, formatSignedMs, plural } from "./numbers";

describe("response times", () => {
  it.each([
    [null, "–"],
    [0, "0\u00a0ms"],
    [3.26, "3.3\u00a0ms"],
    [4, "4\u00a0ms"],
    [812.6, "813\u00a0ms"],
    [9999, "9,999\u00a0ms"],
    [9999.6, "10.0\u00a0s"],
    [12_345, "12.3\u00a0s"],
    [123_456, "123\u00a0s"],
  ])("%s is formatted as %s", (value, text) => expect(formatMs(value)).toBe(text));
});

describe("shares", () => {
  it.each([
    [0, "0\u00a0%"],
    [0.0001, "<0.01\u00a0%"],
    [0.254, "0.25\u00a0%"],
    [12.34, "12.3\u00a0%"],
    [99.96, "99.96\u00a0%"],
    [99.999, ">99.99\u00a0%"],
    [100, "100\u00a0%"],
  ])("%s is formatted as %s", (value, text) => expect(formatPercent(value)).toBe(text));
});

describe("rates, bytes and counts", () => {
  it("keeps three significant digits of a small rate", () => {
    expect(formatRate(0.0)).toBe("0/s");
    expect(formatRate(3.14159)).toBe("3.14/s");
    expect(formatRate(31.4159)).toBe("31.4/s");
    expect(formatRate(31415.9)).toBe("31,416/s");
    expect([0.1, 0.0833, 0.0028, 0.00001].map((rate) => formatRate(rate))).toEqual(["0.10/s", "0.083/s", "0.0028/s", "0.000010/s"]);
  });
  it("counts bytes by 1024", () => {
    expect(formatBytes(900)).toBe("900\u00a0B");
    expect(formatBytes(1536)).toBe("1.50\u00a0KB");
    expect(formatBytes(150 * 1024 * 1024)).toBe("150\u00a0MB");
  });
  it("uses singular and plural", () => {
    expect(plural(1, "worker")).toBe("1 worker");
    expect(plural(2, "worker")).toBe("2 workers");
  });
});

it("keeps every digit of a percentile, and the sign of a difference", () => {
  expect([50, 99.9, 99.999].map(formatExactPercent)).toEqual(["50\u00a0%", "99.9\u00a0%", "99.999\u00a0%"]);
  expect([formatMs(-12), formatMs(-3.25)]).toEqual(["−12\u00a0ms", "−3.3\u00a0ms"]);
  expect([120, -3, 0, 12_345].map(formatSignedMs)).toEqual(["+120\u00a0ms", "−3\u00a0ms", "0\u00a0ms", "+12.3\u00a0s"]);
});

describe("numbers of any kind", () => {
  it.each([
    [0, "0"],
    [50, "50"],
    [0.123456, "0.1235"],
    [1234.5678, "1,235"],
    [98.765, "98.77"],
  ])("%s is formatted as %s", (value, text) => expect(formatNumber(value)).toBe(text));
});
