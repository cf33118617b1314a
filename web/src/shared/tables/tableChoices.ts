/**
 * A user's settings of a table, by its name: its columns and their widths. The browser stores them; parts that an earlier version or
 * another program has written and that are invalid are ignored.
 */
import { readStoredObject, writeStored } from "@/shared/browser/stored";

export interface TableChoices {
  /** Columns that were shown or hidden; the others have their default. */
  shown: Readonly<Record<string, boolean>>;
  /** Widths in pixels of columns that were resized. */
  widths: Readonly<Record<string, number>>;
}

export const NO_CHOICES: TableChoices = { shown: {}, widths: {} };

export function readChoices(table: string): TableChoices {
  const stored = readStoredObject(keyOf(table)) ?? {};
  return {
    shown: valid(stored["shown"], (value) => typeof value === "boolean"),
    widths: valid(stored["widths"], (value) => typeof value === "number"),
  };
}

export function writeChoices(table: string, choices: TableChoices): void {
  writeStored(keyOf(table), isChosen(choices) ? JSON.stringify(choices) : null);
}

/** Something differs from the defaults. */
export function isChosen({ shown, widths }: TableChoices): boolean {
  return Object.keys(shown).length + Object.keys(widths).length > 0;
}

function keyOf(table: string): string {
  return `jac-table.${table}`;
}

function valid<Value>(stored: unknown, is: (value: unknown) => value is Value): Record<string, Value> {
  if (typeof stored !== "object" || stored === null) return {};
  return Object.fromEntries(Object.entries(stored).filter((entry): entry is [string, Value] => is(entry[1])));
}
