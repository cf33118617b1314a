import { useState } from "react";
import type { FileDifference, Plan, RevisionView } from "@/shared/api/types";
import { formatBytes } from "@/shared/format/numbers";
import { Dialog } from "@/shared/ui/Dialog";
import { Field } from "@/shared/ui/Field";
import { Loaded } from "@/shared/ui/Loaded";
import { useRevisionDifference } from "../api/useRevisions";
import { changeWord, sameFilesWords } from "../revisionWords";

interface Props {
  plan: Plan;
  known: RevisionView[];
  first: { from: number; to: number };
  onClose: () => void;
}

/** Compares two revisions: files that were added, removed or changed, and the changed lines of text files. */
export function CompareRevisions({ plan, known, first, onClose }: Props) {
  const [chosen, setChosen] = useState(first);
  const query = useRevisionDifference(plan.id, chosen.from, chosen.to);
  // The selected revision may be older than those that are loaded.
  const numbers = [...new Set([...known.map(({ revision }) => revision), chosen.from, chosen.to])].sort((one, other) => other - one);
  const mainOf = (revision: number) => ({ revision, main_file: known.find((each) => each.revision === revision)?.main_file });
  const choice = (label: string, value: number, onChange: (value: number) => void) => (
    <Field label={label}>
      {(attributes) => (
        <select {...attributes} className="form-select" value={value} onChange={({ target }) => onChange(Number(target.value))}>
          {numbers.map((number) => (
            <option key={number} value={number}>
              Revision {number}
            </option>
          ))}
        </select>
      )}
    </Field>
  );
  return (
    <Dialog wide title={`Compare revisions of ${plan.name}`} onClose={onClose}>
      <div className="field-pair">
        {choice("From", chosen.from, (from) => setChosen({ ...chosen, from }))}
        {choice("To", chosen.to, (to) => setChosen({ ...chosen, to }))}
      </div>
      <Loaded query={query} what="Comparing…">
        {({ files }) => (files.length === 0 ? <p>{sameFilesWords(mainOf(chosen.from), mainOf(chosen.to))}</p> : files.map((file) => <FilePart key={file.path} file={file} />))}
      </Loaded>
    </Dialog>
  );
}

const SIGN = { same: " ", removed: "−", added: "+" } as const;

function FilePart({ file }: { file: FileDifference }) {
  const sizes = [file.from_bytes, file.to_bytes].filter((bytes) => bytes !== null).map(formatBytes);
  return (
    <section className="difference" aria-label={file.path}>
      <h3>
        {file.path}{" "}
        <small className="text-muted">
          {changeWord(file.change)}, {sizes.join(" → ")}
        </small>
      </h3>
      {file.hunks.map((hunk) => (
        <div key={`${hunk.from_line}-${hunk.to_line}`} className="difference-lines" role="region" aria-label={`Lines from ${hunk.to_line} on`} tabIndex={0}>
          <div className="difference-place">
            line {hunk.from_line} → line {hunk.to_line}
          </div>
          {hunk.lines.map((line, number) => (
            <div key={number} className={`difference-${line.change}`}>
              <span aria-hidden="true">{SIGN[line.change]}</span>
              {line.change !== "same" && <span className="visually-hidden">{line.change}: </span>}
              {line.text}
            </div>
          ))}
        </div>
      ))}
      {file.change === "changed" && file.hunks.length === 0 && !file.is_cut && <p className="field-help">Lines not shown: not a text file, or too large.</p>}
      {file.is_cut && <p className="field-help">Not all changed lines are shown.</p>}
    </section>
  );
}
