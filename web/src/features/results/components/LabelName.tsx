import { MiddleCut } from "@/shared/ui/MiddleCut";
import { useTransactions } from "../transactions";

export const TRANSACTION_TITLE = "A transaction: the sum of the samples inside it. Not counted in the total.";

interface Props {
  label: string;
  /** Whether this row is a transaction, if the row itself says so. */
  transaction?: boolean;
}

/** A label; a transaction is marked. */
export function LabelName({ label, transaction }: Props) {
  const known = useTransactions();
  const marked = transaction ?? known.has(label);
  return (
    <span className="label-name">
      <MiddleCut text={label} />
      {marked && <TransactionTag />}
    </span>
  );
}

export function TransactionTag() {
  return (
    <small className="tag" title={TRANSACTION_TITLE}>
      transaction
    </small>
  );
}
