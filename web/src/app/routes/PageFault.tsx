import { useRouteError } from "react-router";
import { ErrorBox } from "@/shared/ui/ErrorBox";
import { PageHead } from "@/shared/ui/PageHead";

/** A page that failed to draw: said in its place, never a blank one. */
export function PageFault() {
  const error = useRouteError();
  return (
    <>
      <PageHead title="This page failed" />
      <ErrorBox error={error instanceof Error ? error : new Error(String(error))} onRetry={() => window.location.reload()} />
    </>
  );
}

/** The same where the console around the page is not there. */
export function WholePageFault() {
  return (
    <main className="content">
      <PageFault />
    </main>
  );
}
