import { MISSING } from "./numbers";

const whole = new Intl.NumberFormat("en-US", { maximumFractionDigits: 0 });
const cents = new Intl.NumberFormat("en-US", { minimumFractionDigits: 2, maximumFractionDigits: 2 });
const mills = new Intl.NumberFormat("en-US", { minimumFractionDigits: 3, maximumFractionDigits: 3 });

/** US dollars: `$1,240`, `$1.94`, `$0.097`; a fraction of a cent is not shown as zero. */
export function formatUsd(dollars: number | null | undefined): string {
  if (dollars === null || dollars === undefined) return MISSING;
  if (dollars === 0) return "$0";
  if (dollars < 0.0005) return "<$0.001";
  if (dollars < 0.9995) return `$${mills.format(dollars)}`;
  return `$${dollars < 999.995 ? cents.format(dollars) : whole.format(dollars)}`;
}

/** The cost of machines at this price over that time; null if the price is unknown. */
export function costOver(usdPerHour: number | null, seconds: number): number | null {
  return usdPerHour === null ? null : (usdPerHour * Math.max(seconds, 0)) / 3600;
}
