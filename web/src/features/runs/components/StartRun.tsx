import { lazy, Suspense, type ComponentProps } from "react";
import type { StartRunDialog } from "./StartRunDialog";

const Dialog = lazy(async () => ({ default: (await import("./StartRunDialog")).StartRunDialog }));

/** The start dialog, fetched when it is opened: with the fields of a new cluster it is among the largest, and most pages offer it. */
export function StartRun(props: ComponentProps<typeof StartRunDialog>) {
  return (
    <Suspense fallback={null}>
      <Dialog {...props} />
    </Suspense>
  );
}
