import { useState, type ReactNode } from "react";
import { Link } from "react-router";
import { criterionWords } from "@/features/results/criteria";
import { RESULTS_WORDS } from "@/features/runs/spreadWords";
import type { Firing, Schedule } from "@/shared/api/types";
import { formatCount } from "@/shared/format/numbers";
import { formatDateTime } from "@/shared/format/time";
import { useRights } from "@/shared/session/useSession";
import { Chip } from "@/shared/ui/Chip";
import { ErrorBox } from "@/shared/ui/ErrorBox";
import { Note } from "@/shared/ui/Note";
import { Waiting } from "@/shared/ui/Waiting";
import { useUrlParameters } from "@/shared/url/useUrlParameters";
import { useFirings } from "../api/useSchedules";
import { firingChip, onWords, saysNothing, whyWords } from "../scheduleWords";
import { NextTimes } from "./NextTimes";
import { StartNowDialog } from "./StartNowDialog";

/** The most important message: it was switched off, or it is new and has not been tried. */
export function ScheduleNotes({ schedule }: { schedule: Schedule }) {
  const [parameters] = useUrlParameters();
  const [trying, setTrying] = useState(false);
  const writes = useRights().mayWrite(schedule);
  const isNew = parameters.has("created") && schedule.last === null;
  return (
    <>
      {schedule.state === "switched_off" && (
        <Note tone="failed">
          <strong>Switched off{schedule.ended_ms === null ? "" : ` ${formatDateTime(schedule.ended_ms)}`}.</strong>{" "}
          {schedule.failures > 0 ? `${formatCount(schedule.failures)} runs in a row failed or could not be started. ` : ""}See the history below, then resume it.
        </Note>
      )}
      {isNew && writes && (
        <Note tone="good">
          Created. Test it before its first scheduled time:{" "}
          <button type="button" className="btn btn-sm btn-outline-secondary" onClick={() => setTrying(true)}>
            Try it now…
          </button>
        </Note>
      )}
      {trying && <StartNowDialog schedule={schedule} tries onClose={() => setTrying(false)} />}
    </>
  );
}

/** Its next times and its settings. */
export function ScheduleFacts({ schedule }: { schedule: Schedule }) {
  const { run, on } = schedule;
  const properties = [...Object.entries(run.properties), ...Object.entries(run.system_properties)];
  const criteria = run.criteria;
  return (
    <div className="stack">
      <section className="card list-card" aria-label="Next times">
        <header className="chart-head">
          <h2>Next times</h2>
        </header>
        <NextTimes times={schedule.next} none="None: the schedule is not active." />
      </section>
      <section className="card list-card" aria-label="Settings">
        <header className="chart-head">
          <h2>Settings</h2>
        </header>
        <ul className="pairs">
          <Pair name="Cluster">{on.kind === "cluster" ? <Link to={`/clusters/${on.cluster_id}`}>{onWords(on)}</Link> : onWords(on)}</Pair>
          <Pair name="Plan revision">{run.plan_revision ?? "newest at start"}</Pair>
          <Pair name="Overlap">{schedule.overlap === "skip" ? "skip" : "wait for the earlier run"}</Pair>
          {properties.map(([name, value]) => (
            <Pair key={name} name={name}>
              <code>{value}</code>
            </Pair>
          ))}
          {run.split.length > 0 && <Pair name="Split across workers">{run.split.join(", ")}</Pair>}
          {run.results !== "auto" && <Pair name="Results">{RESULTS_WORDS[run.results]}</Pair>}
          {run.min_workers != null && <Pair name="Minimum workers">{formatCount(run.min_workers)}</Pair>}
          {Object.entries(run.share).map(([name, total]) => (
            <Pair key={name} name={`${name}, divided`}>
              {formatCount(total)} among the workers
            </Pair>
          ))}
          {run.properties_files.length > 0 && <Pair name="Properties files">{run.properties_files.join(", ")}</Pair>}
          {criteria.length === 0 && <Pair name="Criteria">the plan’s</Pair>}
          {criteria.map((text) => (
            <Pair key={text} name="Fails if">
              {criterionWords(text)}
            </Pair>
          ))}
        </ul>
      </section>
    </div>
  );
}

function Pair({ name, children }: { name: string; children: ReactNode }) {
  return (
    <li>
      <span>{name}</span>
      <span className="pair-value">{children}</span>
    </li>
  );
}

/** The result of each of its scheduled times. */
export function FiringTable({ schedule }: { schedule: Schedule }) {
  const firings = useFirings(schedule.id);
  return (
    <section className="card table-card" aria-label="Runs of this schedule">
      <header className="table-tools">
        <h2>History</h2>
      </header>
      {firings.data === undefined ? (
        firings.error === null ? (
          <Waiting what="Loading…" />
        ) : (
          <ErrorBox error={firings.error} />
        )
      ) : firings.data.length === 0 ? (
        <div className="table-empty">Not due yet.</div>
      ) : (
        <div className="table-scroll" role="region" aria-label="Past times" tabIndex={0}>
          <table className="table-dense">
            <thead>
              <tr>
                <th scope="col">Time</th>
                <th scope="col">Result</th>
                <th scope="col">Run</th>
                <th scope="col">Detail</th>
              </tr>
            </thead>
            <tbody>
              {firings.data.map((firing) => (
                <FiringRow key={firing.id} firing={firing} />
              ))}
            </tbody>
          </table>
        </div>
      )}
    </section>
  );
}

function FiringRow({ firing }: { firing: Firing }) {
  return (
    <tr>
      <td>{formatDateTime(firing.due_ms)}</td>
      <td>
        <Chip {...firingChip(firing)} />
      </td>
      <td>{firing.run_id === null ? <span className="text-faint">–</span> : <Link to={`/runs/${firing.run_id}`}>{firing.run_id}</Link>}</td>
      <td className="text-muted">
        {firing.by !== null && `Started by ${firing.by.name}. `}
        {whyWords(firing)}
        {firing.code !== null && !saysNothing(firing) && <span className="text-faint"> ({firing.code})</span>}
      </td>
    </tr>
  );
}
