/**
 * A user's settings of a table, by its name: its columns and their widths. The browser stores them; parts that an earlier version or
 * another program has written and that are invalid are ignored.
 */
import { readStoredObject, writeStored } from "@/shared/browser/stored";

export interface TableChoices {
  /** Columns that were shown or hidden; the others have their default. */
  shown: ReadonlyMap<string, boolean>;
  /** Widths in pixels of columns that were resized. */
  widths: ReadonlyMap<string, number>;
}

const NARROWEST_PX = 48;
const WIDEST_PX = 1600;
const NOTHING: TableChoices = { shown: new Map(), widths: new Map() };

export function columnWidth(px: number): number {
  return Math.round(Math.min(WIDEST_PX, Math.max(NARROWEST_PX, px)));
}

export function readChoices(table: string): TableChoices {
  const stored = readStoredObject(keyOf(table));
  if (stored === null) return NOTHING;
  return {
    shown: mapOf(stored["shown"], (value) => (typeof value === "boolean" ? value : null)),
    widths: mapOf(stored["widths"], (value) => (typeof value === "number" && Number.isFinite(value) ? columnWidth(value) : null)),
  };
}

export function writeChoices(table: string, { shown, widths }: TableChoices): void {
  const none = shown.size === 0 && widths.size === 0;
  writeStored(keyOf(table), none ? null : JSON.stringify({ shown: Object.fromEntries(shown), widths: Object.fromEntries(widths) }));
}

function keyOf(table: string): string {
  return `jac-table.${table}`;
}

function mapOf<Value>(stored: unknown, read: (value: unknown) => Value | null): Map<string, Value> {
  const map = new Map<string, Value>();
  if (typeof stored !== "object" || stored === null) return map;
  for (const [key, value] of Object.entries(stored)) {
    const known = read(value);
    if (known !== null) map.set(key, known);
  }
  return map;
}
