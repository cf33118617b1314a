import { useEffect, useRef } from "react";
import { useRouteError } from "react-router";
import { ErrorBox } from "@/shared/ui/ErrorBox";
import { useConnection } from "@/shared/ui/ConnectionNote";
import { PageHead } from "@/shared/ui/PageHead";
import { PageUnavailable } from "../pageUnavailable";

/** Shows the error of a page that failed to render, instead of a blank page. */
export function PageFault() {
  const error = useRouteError();
  if (error instanceof PageUnavailable) return <Unavailable error={error} />;
  return (
    <>
      <PageHead title="This page failed" />
      <ErrorBox error={error instanceof Error ? error : new Error(String(error))} onRetry={reload} />
    </>
  );
}

function reload(): void {
  window.location.reload();
}

/** The page loads automatically when the connection is back. */
function Unavailable({ error }: { error: PageUnavailable }) {
  const { connected } = useConnection();
  const wasAway = useRef(false);
  useEffect(() => {
    if (!connected) wasAway.current = true;
    else if (wasAway.current) reload();
  }, [connected]);
  return (
    <>
      <PageHead title="This page could not be loaded" />
      <ErrorBox error={error} onRetry={reload} />
    </>
  );
}

/** The same without the console around it. */
export function WholePageFault() {
  return (
    <main className="content">
      <PageFault />
    </main>
  );
}
