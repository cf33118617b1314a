import { ErrorBox } from "@/shared/ui/ErrorBox";

interface Props {
  busy: boolean;
  /** Why the last attempt failed. */
  error: Error | null;
  onMore: () => void;
}

/** The end of a list with more rows. */
export function LoadMore({ busy, error, onMore }: Props) {
  return (
    <div className="table-more">
      {error !== null && <ErrorBox error={error} />}
      <button type="button" className="btn btn-quiet" disabled={busy} onClick={onMore}>
        {busy ? "Loading…" : "Load more"}
      </button>
    </div>
  );
}
