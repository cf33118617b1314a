import { useZoomedAlone } from "./timeline";

/** Shown next to figures of the whole run while the charts over time show a part of it, so they are not confused. */
export function ScopeNote() {
  if (!useZoomedAlone()) return null;
  return (
    <span className="tag" title="These figures cover the whole run, not only the time that the charts show.">
      whole run
    </span>
  );
}
