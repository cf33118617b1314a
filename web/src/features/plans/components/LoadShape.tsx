import type { LoadShape as Shape } from "@/shared/api/types";
import { niceTop } from "@/shared/charts/niceTop";
import { lineColour, MAX_LINES } from "@/shared/charts/palette";
import { formatCount } from "@/shared/format/numbers";
import { formatDuration } from "@/shared/format/time";
import { useTheme } from "@/shared/ui/theme";
import { areaPath, HEIGHT, highest, isOpen, linePath, WIDTH } from "../loadShape";

/** Active users over time as requested by the plan: the total as an area, thread groups as lines; unknown parts are listed below. */
export function LoadShape({ shape }: { shape: Shape }) {
  const { scheme } = useTheme();
  const { total, groups, length_ms: length, notes } = shape;
  const most = highest(total);
  if (most === 0) return <Notes shape={shape} />;
  const top = niceTop(most);
  // A single group equals the total.
  const lines = groups.length > 1 ? groups.slice(0, MAX_LINES) : [];
  const open = isOpen(shape);
  const end = `${formatDuration(length / 1000)}${open ? "…" : ""}`;
  return (
    <figure className="load-shape" aria-label={`Users over time: up to ${formatCount(most)} users, ${open ? "without a known end" : `ending after ${formatDuration(length / 1000)}`}`}>
      <figcaption>
        Users over time <span className="chart-unit">as the plan asks for them, up to {formatCount(most)}</span>
      </figcaption>
      <div className="load-shape-plot">
        <span className="load-shape-top">{formatCount(top)}</span>
        <svg viewBox={`0 0 ${WIDTH} ${HEIGHT}`} preserveAspectRatio="none" aria-hidden>
          <path className="load-shape-area" d={areaPath(total, length, top)} />
          <path className="load-shape-line" d={linePath(total, length, top)} vectorEffect="non-scaling-stroke" />
          {lines.map((group, index) => (
            <path key={`${index} ${group.name}`} d={linePath(group.points, length, top)} fill="none" stroke={lineColour(index, scheme)} strokeWidth="1.5" vectorEffect="non-scaling-stroke" />
          ))}
        </svg>
        <span className="load-shape-from">0</span>
        <span className="load-shape-mid">{formatDuration(length / 2000)}</span>
        <span>{end}</span>
      </div>
      {lines.length > 0 && (
        <ul className="load-shape-legend">
          {lines.map((group, index) => (
            <li key={`${index} ${group.name}`}>
              <svg viewBox="0 0 10 10" aria-hidden>
                <rect width="10" height="10" rx="2" fill={lineColour(index, scheme)} />
              </svg>
              {group.name} <span className="text-muted">{formatCount(highest(group.points))}</span>
            </li>
          ))}
          {groups.length > lines.length && <li className="text-muted">and {formatCount(groups.length - lines.length)} more groups</li>}
        </ul>
      )}
      {notes.length > 0 && <Notes shape={shape} />}
      <details>
        <summary>As table</summary>
        <table className="table-dense">
          <thead>
            <tr>
              <th scope="col">Time</th>
              <th scope="col" className="num">
                Users
              </th>
            </tr>
          </thead>
          <tbody>
            {total.map(({ at_ms, users }, index) => (
              <tr key={index}>
                <td>{formatDuration(at_ms / 1000)}</td>
                <td className="num">{formatCount(users)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </details>
    </figure>
  );
}

function Notes({ shape: { notes } }: { shape: Shape }) {
  if (notes.length === 0) return null;
  return (
    <ul className="load-shape-notes">
      {notes.map((note, index) => (
        <li key={`${index} ${note.code}`}>{note.message}</li>
      ))}
    </ul>
  );
}
