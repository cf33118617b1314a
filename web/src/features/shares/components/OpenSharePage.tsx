import { useCallback, useEffect, useRef } from "react";
import { useLocation, useNavigate } from "react-router";
import { ApiError } from "@/shared/api/client";
import { ErrorBox } from "@/shared/ui/ErrorBox";
import { Note } from "@/shared/ui/Note";
import { Waiting } from "@/shared/ui/Waiting";
import { useOpenShare } from "../api/shares";

/** The page of a share link: opens it, and continues to what it shows. */
export function OpenSharePage() {
  const { hash } = useLocation();
  const navigate = useNavigate();
  const open = useOpenShare();
  const { mutate } = open;
  const posted = useRef<string | null>(null);
  const secret = hash.slice(1);

  const post = useCallback(() => {
    mutate(secret, {
      // The secret is removed from the address bar; the cookie of the answer opens the page again.
      onSuccess: ({ kind, runs }) => void navigate(kind === "run" ? `/share/runs/${runs[0] ?? ""}` : `/share/compare?${new URLSearchParams({ runs: runs.join(",") }).toString()}`, { replace: true }),
    });
  }, [secret, mutate, navigate]);
  useEffect(() => {
    document.title = "Shared results · JAC";
    if (secret === "" || posted.current === secret) return;
    posted.current = secret;
    post();
  }, [secret, post]);

  const dead = secret === "" || (open.error instanceof ApiError && open.error.status >= 400 && open.error.status < 500 && open.error.status !== 429);
  if (!dead && open.error === null) return <Waiting what="Opening the shared results…" />;
  return (
    <div className="share-fault">
      <h1>{dead ? "Share link invalid or expired" : "The shared results cannot be opened"}</h1>
      {dead ? <Note tone="attention">The link may be incomplete, expired or revoked. Ask whoever sent it for a new one.</Note> : open.error !== null && <ErrorBox error={open.error} onRetry={post} />}
    </div>
  );
}
