import type { SearchResult } from "@/shared/api/types";
import { formatCount, plural } from "@/shared/format/numbers";

/** Transactions are not samples of the total, so both are counted separately. */
export function foundWords(result: Pick<SearchResult, "matched" | "searched" | "matched_transactions" | "searched_transactions">): string {
  const { matched, searched, matched_transactions, searched_transactions } = result;
  const samples = `${formatCount(matched)} of ${plural(searched, "sample")}`;
  const transactions = searched_transactions === 0 ? "" : ` and ${formatCount(matched_transactions)} of ${plural(searched_transactions, "transaction")}`;
  return `${samples}${transactions} match`;
}
