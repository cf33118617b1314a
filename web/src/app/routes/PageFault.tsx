import { useRouteError } from "react-router";
import { ErrorBox } from "@/shared/ui/ErrorBox";

/** A page that failed to draw: said on the page, never a blank one. */
export function PageFault() {
  const error = useRouteError();
  return (
    <main className="content">
      <ErrorBox error={error instanceof Error ? error : new Error(String(error))} onRetry={() => window.location.reload()} />
    </main>
  );
}
