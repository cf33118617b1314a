import type { Annotation } from "@/shared/api/types";
import { useTimeline } from "@/shared/charts/timeline";
import { formatClock, formatTimeNear } from "@/shared/format/time";
import { Icon } from "@/shared/ui/Icon";

interface Props {
  annotations: Annotation[];
  /** Opens one for editing; null if not permitted. */
  onEdit: ((annotation: Annotation) => void) | null;
  /** Adds one; null if not permitted. */
  onAdd: (() => void) | null;
}

/** Annotations of a run: each is a line on the charts over time, and listed here in full. */
export function Annotations({ annotations, onEdit, onAdd }: Props) {
  const { base, originMs } = useTimeline();
  if (annotations.length === 0 && onAdd === null) return null;
  const written = (ms: number) => (base === "clock" ? formatTimeNear(ms, originMs) : formatClock((ms - originMs) / 1000));
  return (
    <section className="annotations" aria-label="Annotations">
      {annotations.length > 0 && (
        <ul>
          {annotations.map((each) => (
            <li key={each.id} title={each.by.name}>
              <time dateTime={new Date(each.at_ms).toISOString()}>{written(each.at_ms)}</time>
              <span>{each.text}</span>
              {onEdit !== null && (
                <button type="button" className="btn btn-quiet no-print" aria-label={`Edit the annotation ${each.text}`} title="Edit" onClick={() => onEdit(each)}>
                  <Icon name="pencil" />
                </button>
              )}
            </li>
          ))}
        </ul>
      )}
      {onAdd !== null && (
        <button type="button" className="btn btn-sm btn-outline-secondary no-print" title="Mark a moment on all charts. Shift and a click on a chart picks the moment." onClick={onAdd}>
          <Icon name="plus" /> Annotate
        </button>
      )}
    </section>
  );
}
