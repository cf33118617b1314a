/**
 * Which labels are transactions: sums of the samples inside them, which JMeter leaves out of its totals. Every label shown
 * marks them, because otherwise the rows would not seem to add up.
 */
import { createContext, useContext } from "react";
import type { Entry, FoundSample } from "@/shared/api/types";
import type { TransactionParts } from "./folding";

interface Marked {
  label: string;
  transaction?: boolean;
  kind?: Entry["kind"];
}

/** The labels that any of the lists says is a transaction. */
export function transactionsOf(...lists: readonly (readonly Marked[])[]): ReadonlySet<string> {
  return new Set(lists.flatMap((list) => list.filter((each) => each.transaction === true || each.kind === "transaction").map((each) => each.label)));
}

const NONE: ReadonlySet<string> = new Set();
const Context = createContext(NONE);

export const Transactions = Context.Provider;

const NO_PARTS: TransactionParts = {};
const PartsContext = createContext(NO_PARTS);

/** The labels inside each transaction, where the plan says which they are. */
export const PartsOfTransactions = PartsContext.Provider;

export function useTransactionParts(): TransactionParts {
  return useContext(PartsContext);
}

export function useTransactions(): ReadonlySet<string> {
  return useContext(Context);
}

export function isTransaction(sample: Pick<FoundSample, "kind">): boolean {
  return sample.kind === "transaction";
}

/** What the total counts, and the name of its unit. */
export function unitOf(basis: "samples" | "transactions"): "sample" | "transaction" {
  return basis === "transactions" ? "transaction" : "sample";
}

/** The measured duration in seconds, by which rates are divided. The same in lists, reports and comparisons; null if nothing was measured. */
export function measuredSeconds({ samples, rate }: { samples: number; rate: number | null }): number | null {
  return rate === null || rate <= 0 ? null : samples / rate;
}

export const measured = (total: Pick<Entry, "samples" | "throughput_per_s">): number | null => measuredSeconds({ samples: total.samples, rate: total.throughput_per_s });
