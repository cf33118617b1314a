import { ApiError } from "@/shared/api/client";
import { ErrorBox } from "@/shared/ui/ErrorBox";
import { Note } from "@/shared/ui/Note";

/** Why signing in failed: this page's text for known codes, otherwise the server's. */
export function SignInFault({ error, words, onRetry }: { error: Error; words: string | null; onRetry?: () => void }) {
  if (words === null || !(error instanceof ApiError)) return <ErrorBox error={error} onRetry={onRetry} />;
  return (
    <div role="alert">
      <Note tone="failed">
        {words} <span className="text-muted">({error.code})</span>
        {onRetry !== undefined && (
          <div className="form-actions">
            <button type="button" className="btn btn-sm btn-outline-secondary" onClick={onRetry}>
              Try again
            </button>
          </div>
        )}
      </Note>
    </div>
  );
}
