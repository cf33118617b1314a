/** Folds the rows of labels below the transactions that contain them, if the plan says which ones do. Pure. */

/** The labels inside each transaction, by the transaction's label. */
export type TransactionParts = Readonly<Record<string, readonly string[]>>;

/** The transaction around each label. */
export function parentsOf(parts: TransactionParts): ReadonlyMap<string, string> {
  return new Map(Object.entries(parts).flatMap(([transaction, labels]) => labels.map((label) => [label, transaction] as const)));
}

export interface Placed<Row> {
  row: Row;
  /** In how many transactions of the table it is. */
  depth: number;
}

/**
 * Each row behind its transaction, which JMeter logs last, and in the order that they have; without those inside a folded one. A row whose transaction is
 * not in the table stands where it is.
 */
export function folded<Row extends { label: string }>(rows: readonly Row[], parts: TransactionParts, closed: ReadonlySet<string>): Placed<Row>[] {
  const parents = parentsOf(parts);
  const there = new Set(rows.map(({ label }) => label));
  const inside = new Map<string, Row[]>();
  const tops: Row[] = [];
  for (const row of rows) {
    const parent = parents.get(row.label);
    if (parent === undefined || !there.has(parent)) tops.push(row);
    else inside.set(parent, [...(inside.get(parent) ?? []), row]);
  }
  const placed: Placed<Row>[] = [];
  const place = (row: Row, depth: number) => {
    placed.push({ row, depth });
    if (!closed.has(row.label)) for (const each of inside.get(row.label) ?? []) place(each, depth + 1);
  };
  for (const row of tops) place(row, 0);
  return placed;
}

/** As the URL has them. */
export function readFolded(written: string | null): ReadonlySet<string> {
  return new Set(written === null || written === "" ? [] : written.split(",").map(decoded));
}

export function writeFolded(closed: ReadonlySet<string>): string | null {
  return closed.size === 0 ? null : [...closed].map(encodeURIComponent).join(",");
}

/** A truncated link folds only the rows that it names. */
function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
