import type { ReactNode } from "react";
import { Link } from "react-router";
import { useRun } from "@/features/runs/api/useRun";
import type { ExporterKind, ExporterView, NotifierKind, NotifierView } from "@/shared/api/types";
import { formatCount } from "@/shared/format/numbers";
import { formatDateTime, formatDuration } from "@/shared/format/time";
import { deliveryChip } from "@/shared/notifications/deliveryChip";
import { Chip } from "@/shared/ui/Chip";
import { ErrorBox } from "@/shared/ui/ErrorBox";
import { Note } from "@/shared/ui/Note";
import { useTestIntegration } from "../api/integrations";
import { exporterChip, exporterFigures, kindWord, selectionWords } from "../integrationWords";

/** A target of notifications. */
export function NotifierCard({ view }: { view: NotifierView }) {
  const { last } = view;
  return (
    <TargetCard name={view.name} kind={view.kind} chip={last === null ? null : <Chip {...deliveryChip(last)} />} trouble={last?.trouble?.message ?? null}>
      <Pair name="Address">{view.address}</Pair>
      <Pair name="Notifies about">{selectionWords(view)}</Pair>
      <Pair name="Last">
        {last === null ? (
          "nothing sent yet"
        ) : (
          <>
            <RunLink id={last.run} />, {formatDateTime(last.updated_ms)}
          </>
        )}
      </Pair>
      {view.waiting > 0 && <Pair name="Waiting">{formatCount(view.waiting)}</Pair>}
    </TargetCard>
  );
}

/** A target of metrics. */
export function ExporterCard({ view }: { view: ExporterView }) {
  return (
    <TargetCard name={view.name} kind={view.kind} chip={<Chip {...exporterChip(view)} />} trouble={view.trouble?.message ?? null}>
      <Pair name="Address">{view.address}</Pair>
      <Pair name="Interval">{formatDuration(view.interval_s)}</Pair>
      <Pair name="Since the server’s start">{exporterFigures(view)}</Pair>
      <Pair name="Last">{view.last_sent_ms === null ? "nothing sent yet" : formatDateTime(view.last_sent_ms)}</Pair>
    </TargetCard>
  );
}

/** A run's name; its ID while that is not loaded, or if the run was deleted. */
function RunLink({ id }: { id: string }) {
  const { data } = useRun(id);
  return <Link to={`/runs/${id}`}>{data?.name ?? id}</Link>;
}

interface TargetCardProps {
  name: string;
  kind: NotifierKind | ExporterKind;
  chip: ReactNode;
  /** Why the last delivery was not accepted; not repeated if a test just failed with the same error. */
  trouble: string | null;
  children: ReactNode;
}

function TargetCard({ name, kind, chip, trouble, children }: TargetCardProps) {
  const test = useTestIntegration();
  return (
    <section className="card list-card" aria-label={name}>
      <header className="chart-head">
        <h3>{name}</h3>
        <span className="chart-unit">{kindWord(kind)}</span>
        {chip}
        <span className="flex-grow-1" />
        <button type="button" className="btn btn-quiet" disabled={test.isPending} onClick={() => test.mutate(name)}>
          {test.isPending ? "Sending…" : "Send a test"}
        </button>
      </header>
      {test.data !== undefined && (
        <div className="list-body" role="status">
          <Note tone="good">The test was accepted after {formatCount(test.data.took_ms)} ms.</Note>
        </div>
      )}
      {test.error !== null && (
        <div className="list-body">
          <ErrorBox error={test.error} />
        </div>
      )}
      <ul className="pairs">
        {children}
        {trouble !== null && test.error === null && <Trouble>{trouble}</Trouble>}
      </ul>
    </section>
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

function Trouble({ children }: { children: ReactNode }) {
  return (
    <li>
      <small className="text-danger">{children}</small>
    </li>
  );
}
