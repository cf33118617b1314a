import { useZoomedAlone } from "./timeline";

/** Beside figures of the whole run while the charts over time show a part of it: nobody is to take one for the other. */
export function ScopeNote() {
  const zoomed = useZoomedAlone();
  if (!zoomed) return null;
  return (
    <span className="tag" title="These figures cover the whole run. The zoom applies to the charts over time only.">
      whole run
    </span>
  );
}
