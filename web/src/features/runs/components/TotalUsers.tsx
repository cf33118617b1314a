import type { Check } from "@/shared/api/types";
import { formatCount, plural } from "@/shared/format/numbers";
import { CopyId } from "@/shared/ui/CopyId";
import { Field } from "@/shared/ui/Field";
import { isTotal, totalOfProperty, withoutTotal, withTotal, type RunForm } from "../runForm";
import { fixedTotalFault, totalOf, workersFor, type FixedGroup } from "../totalUsers";

/** Above this number of thread groups no expressions are suggested. */
const MOST_GROUPS = 5;

interface Props {
  /** Check of the plan itself, independent of the form. */
  check: Check;
  workers: number;
  form: RunForm;
  fault?: string | undefined;
  /** Runs it on a new cluster with this number of workers; null if none can be created here. */
  onWorkers: ((workers: number) => void) | null;
  onChange: (form: RunForm) => void;
}

/** The users of all workers together. If the plan reads their number from a property, it is divided; otherwise the total depends on the number of workers. */
export function TotalUsers({ check, workers, form, fault, onWorkers, onChange }: Props) {
  const of = totalOf(check);
  if (of === null || workers < 1) return null;
  const input = { type: "text", inputMode: "numeric", autoComplete: "off" } as const;
  switch (of.kind) {
    case "property": {
      // One worker's value is the total.
      if (workers === 1 && !isTotal(form, of.name)) return null;
      const change = (typed: string) => onChange(typed.trim() === "" ? withoutTotal(form, of.name) : withTotal(form, of.name, typed));
      return (
        <Field label="Total users" help={`Divided among the ${plural(workers, "worker")} as ${of.name}. Empty: each worker has the ${of.name} below.`} fault={fault}>
          {(attributes) => <input {...attributes} {...input} value={totalOfProperty(form, of.name) ?? ""} onChange={({ target }) => change(target.value)} />}
        </Field>
      );
    }
    case "properties":
      if (workers === 1) return null;
      return (
        <p className="field-help">
          Total users: set by {of.names.join(", ")}. Enter a total there, and switch it from <em>each</em> to <em>in all</em> to divide it among the workers.
        </p>
      );
    case "computed":
      if (workers === 1) return null;
      return (
        <p className="field-help">
          Total users: the plan computes the number of each worker from <code>{of.by}</code>. If a property sets it, enter the property’s total below, under <em>Results and totals of the workers</em>.
        </p>
      );
    case "fixed":
      return (
        <Field
          label="Total users"
          fault={fixedTotalFault(of, form.users, workers)}
          help={
            <>
              The plan has a fixed number: {plural(of.each, "user")} on each worker, {formatCount(of.each * workers)} on {plural(workers, "worker")}.
              <Nearest typed={form.users} each={of.each} workers={workers} onWorkers={onWorkers} />
              {form.users.trim() !== "" && <AsProperty groups={of.groups} />}
            </>
          }
        >
          {(attributes) => <input {...attributes} {...input} placeholder={String(of.each * workers)} value={form.users} onChange={({ target }) => onChange({ ...form, users: target.value })} />}
        </Field>
      );
  }
}

/** The number of workers that gives the entered total. */
function Nearest({ typed, each, workers, onWorkers }: { typed: string; each: number; workers: number; onWorkers: Props["onWorkers"] }) {
  const total = Number(typed.trim());
  if (!Number.isInteger(total) || total < 1 || total === each * workers) return null;
  return (
    <ul className="total-users">
      {workersFor(total, each).map((needed) => (
        <li key={needed}>
          {plural(needed, "worker")}: {plural(needed * each, "user")}.{" "}
          {onWorkers !== null && needed !== workers && (
            <button type="button" className="btn btn-link btn-sm p-0" onClick={() => onWorkers(needed)}>
              New cluster with {plural(needed, "worker")}
            </button>
          )}
        </li>
      ))}
    </ul>
  );
}

/** How to change the plan so that it can run any total. */
function AsProperty({ groups }: { groups: FixedGroup[] }) {
  if (groups.length === 0 || groups.length > MOST_GROUPS) return null;
  return (
    <>
      For any other total, let the plan read it from a property: enter this in JMeter as <em>Number of Threads</em>, and upload the plan again.
      <ul className="total-users">
        {groups.map(({ name, expression }) => (
          <li key={expression}>
            {name}: <CopyId id={expression} what="expression" />
          </li>
        ))}
      </ul>
    </>
  );
}
