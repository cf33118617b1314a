import { useState } from "react";
import { Link } from "react-router";
import type { Run } from "@/shared/api/types";
import { Icon } from "@/shared/ui/Icon";
import { RemarksDialog } from "./RemarksDialog";

/** The run's tags and note; not shown if there are none. */
export function Remarks({ run, writes }: { run: Run; writes: boolean }) {
  const [editing, setEditing] = useState(false);
  if (run.tags.length === 0 && run.note === "") return null;
  return (
    <section className="remarks" aria-label="Tags and note">
      {run.tags.map((tag) => (
        <Link key={tag} className="tag" to={`/runs?${new URLSearchParams({ tag }).toString()}`} title={`Runs with the tag ${tag}`}>
          {tag}
        </Link>
      ))}
      {run.note !== "" && <p>{run.note}</p>}
      {writes && (
        <button type="button" className="btn btn-quiet no-print" aria-label="Edit tags and note" title="Edit tags and note" onClick={() => setEditing(true)}>
          <Icon name="pencil" />
        </button>
      )}
      {editing && <RemarksDialog run={run} onClose={() => setEditing(false)} />}
    </section>
  );
}
