/** Number formats: always with a unit and an appropriate number of digits; a missing number is a dash. */
export const MISSING = "–";

const cache = new Map<string, Intl.NumberFormat>();

function fixed(value: number, digits: number): string {
  const key = String(digits);
  let format = cache.get(key);
  if (format === undefined) {
    format = new Intl.NumberFormat("en-US", { minimumFractionDigits: digits, maximumFractionDigits: digits });
    cache.set(key, format);
  }
  // With the minus sign, which is as wide as a digit, instead of the locale's hyphen.
  return format.format(value).replace("-", "−");
}

export function formatCount(value: number | null | undefined): string {
  return value === null || value === undefined ? MISSING : fixed(Math.round(value), 0);
}

/** A number of any kind, to four significant digits. */
export function formatNumber(value: number): string {
  const rounded = Number(value.toPrecision(4));
  const [, fraction = ""] = String(rounded).split(".");
  return fixed(rounded, fraction.length);
}

/** `[number, unit]` of a response time: ms up to 9,999, then s. */
export function splitMs(value: number | null | undefined): [string, string] {
  if (value === null || value === undefined) return [MISSING, ""];
  if (Math.abs(value) >= 9999.5) return [fixed(value / 1000, Math.abs(value) >= 100_000 ? 0 : 1), "s"];
  const whole = Number.isInteger(value) || Math.abs(value) >= 10;
  return [fixed(value, whole ? 0 : 1), "ms"];
}

/** `[number, unit]` of a rate per second. */
export function splitRate(value: number | null | undefined, unit = "/s"): [string, string] {
  if (value === null || value === undefined) return [MISSING, ""];
  const size = Math.abs(value);
  if (size === 0) return ["0", unit];
  // Two significant digits: a tiny rate is not shown as zero.
  if (size < 0.1) return [fixed(value, Math.min(12, 1 - Math.floor(Math.log10(size)))), unit];
  return [fixed(value, size >= 100 ? 0 : size >= 10 ? 1 : 2), unit];
}

/** A share in percent. Never rounded to 0 % or 100 % unless it is exactly that. */
export function splitPercent(value: number | null | undefined): [string, string] {
  if (value === null || value === undefined) return [MISSING, ""];
  if (value === 0 || value === 100) return [fixed(value, 0), "%"];
  if (value < 0.01) return ["<0.01", "%"];
  if (value > 99.99) return [">99.99", "%"];
  if (value < 10 || value > 99.9) return [fixed(value, 2), "%"];
  return [fixed(value, 1), "%"];
}

const BYTE_UNITS = ["B", "KB", "MB", "GB", "TB"];

/** Bytes with 1 KB = 1024 B, as JMeter counts. */
export function splitBytes(value: number | null | undefined): [string, string] {
  if (value === null || value === undefined) return [MISSING, ""];
  let size = value;
  let unit = 0;
  while (Math.abs(size) >= 1024 && unit < BYTE_UNITS.length - 1) {
    size /= 1024;
    unit += 1;
  }
  const digits = unit === 0 || size >= 100 ? 0 : size >= 10 ? 1 : 2;
  return [fixed(size, unit === 0 && !Number.isInteger(size) ? 1 : digits), BYTE_UNITS[unit] ?? "B"];
}

/** Number with unit. */
export function joined([number, unit]: [string, string]): string {
  return unit === "" ? number : unit.startsWith("/") ? number + unit : `${number}\u00a0${unit}`;
}

export const formatMs = (value: number | null | undefined): string => joined(splitMs(value));
export const formatRate = (value: number | null | undefined): string => joined(splitRate(value));
export const formatPercent = (value: number | null | undefined): string => joined(splitPercent(value));
export const formatBytes = (value: number | null | undefined): string => joined(splitBytes(value));
export const formatKbPerS = (value: number | null | undefined): string => (value === null || value === undefined ? MISSING : `${formatBytes(value * 1024)}/s`);

export const formatByteRate = (value: number | null | undefined): string => (value === null || value === undefined ? MISSING : `${formatBytes(value)}/s`);

/** A percentage that a user chose (the 99.9th percentile, a limit) or a whole number of percent: with all its digits. */
export function formatExactPercent(value: number): string {
  return joined([String(value), "%"]);
}

/** A difference with its sign: `+120 ms`, `−3 ms`. */
export function formatSignedMs(value: number): string {
  return `${value > 0 ? "+" : value < 0 ? "−" : ""}${formatMs(Math.abs(value))}`;
}

/** Apdex: by convention two digits and no unit. */
export function formatApdex(value: number | null | undefined): string {
  return value === null || value === undefined ? MISSING : fixed(value, 2);
}

/** `1 worker`, `2 workers`. */
export function plural(count: number, one: string, many = `${one}s`): string {
  return `${formatCount(count)} ${count === 1 ? one : many}`;
}
