import { useMemo, useState, type ReactNode } from "react";
import { Link } from "react-router";
import { ReportSection } from "@/features/results/components/ReportSection";
import { ApiError } from "@/shared/api/client";
import type { PlanSample, PlanSamples } from "@/shared/api/types";
import { TimelineProvider } from "@/shared/charts/timeline";
import { formatDateTime } from "@/shared/format/time";
import { DataTable } from "@/shared/tables/DataTable";
import type { Column } from "@/shared/tables/tableRows";
import { ErrorBox } from "@/shared/ui/ErrorBox";
import { Icon } from "@/shared/ui/Icon";
import { Note } from "@/shared/ui/Note";
import { useUrlParameters } from "@/shared/url/useUrlParameters";
import { usePlanSamples } from "../api/usePlanSamples";
import { planFoundWords, unsearched } from "./planSamples";
import { SampleDetail } from "./SampleDetail";
import { EMPTY, faultsOf, readFilter, requestOf, writeFilter, type SampleFilter } from "./sampleFilter";
import { SampleForm } from "./SampleForm";
import { sampleColumns } from "./SampleTable";

/** Searches the samples of all runs of a plan, with the form of one run's search. The search is in the URL, so that a link finds the same samples. */
export function PlanSampleSection({ plan }: { plan: string }) {
  const [parameters, change] = useUrlParameters();
  const filter = readFilter(parameters);
  const [open, setOpen] = useState(false);
  const asked = filter !== null && Object.keys(faultsOf(filter)).length === 0 ? requestOf(filter) : null;
  const { keep, limit } = filter ?? EMPTY;
  const query = usePlanSamples(plan, asked, keep, Number(limit));
  const put = (next: SampleFilter | null) => {
    setOpen(next !== null);
    change((url) => writeFilter(url, next));
    // Repeating the same search also finds what has arrived since.
    if (next !== null && requestOf(next) === asked) void query.refetch();
  };
  if (filter === null && !open)
    return (
      <ReportSection id="samples" title="Samples" note="in all runs of this plan">
        <div>
          <button type="button" className="btn btn-outline-secondary" onClick={() => setOpen(true)}>
            <Icon name="search" /> Search samples…
          </button>
        </div>
      </ReportSection>
    );
  // An invalid pattern is not retried.
  const refused = query.error instanceof ApiError && query.error.status === 400;
  return (
    <ReportSection id="samples" title="Samples" note="in all runs of this plan">
      {/* Runs have no common time range to zoom to. */}
      <TimelineProvider originMs={0}>
        <div className="stack no-print">
          <SampleForm key={JSON.stringify(filter)} filter={filter} busy={query.isFetching} live={false} onSearch={put} />
          {query.error !== null && <ErrorBox error={query.error} {...(refused ? {} : { onRetry: () => void query.refetch() })} />}
          {asked !== null && query.error === null && query.data !== undefined && (
            <PlanSampleTable
              found={query.data}
              keep={keep}
              stale={query.isPlaceholderData}
              more={
                query.hasNextPage && (
                  <button type="button" className="btn btn-sm btn-outline-secondary" disabled={query.isFetching} onClick={() => void query.fetchNextPage()}>
                    {query.isFetchingNextPage ? "Searching…" : "Search older runs"}
                  </button>
                )
              }
            />
          )}
        </div>
      </TimelineProvider>
    </ReportSection>
  );
}

interface TableProps {
  found: PlanSamples;
  keep: "first" | "slowest";
  stale: boolean;
  more: ReactNode;
}

function PlanSampleTable({ found, keep, stale, more }: TableProps) {
  const [open, setOpen] = useState<PlanSample | null>(null);
  const { runs } = found;
  const columns = useMemo<Column<PlanSample>[]>(() => {
    const named = new Map(runs.map((run) => [run.id, run]));
    const of = (row: PlanSample) => named.get(row.run);
    const run: Column<PlanSample> = {
      id: "run",
      name: "Run",
      clip: true,
      value: (row) => row.run,
      cell: (row) => (
        <Link to={`/runs/${row.run}`} title={`${of(row)?.name ?? ""}, ${formatDateTime(of(row)?.started_ms ?? null)}`}>
          {row.run}
        </Link>
      ),
    };
    return [run, ...sampleColumns(0)];
  }, [runs]);
  const failed = unsearched(runs);
  return (
    <div className={stale ? "stack stale" : "stack"}>
      {/* Above the table, which is not shown if nothing was found. */}
      <div className="sample-actions">
        <span className="table-count" role="status">
          {planFoundWords(found, keep)}
        </span>
        {more}
      </div>
      <DataTable
        cards
        name="found"
        title="Samples found"
        rows={found.samples}
        columns={columns}
        rowKey={(row) => `${row.run} ${row.log} ${row.position}`}
        onOpen={setOpen}
        empty={runs.length === 0 ? "No run with samples yet." : "No samples match. Loosen the filters or search older runs."}
      />
      {failed.length > 0 && (
        <Note tone="attention">
          Not searched:{" "}
          {failed.map(({ id, name, message }, place) => (
            <span key={id}>
              {place > 0 && " "}
              <Link to={`/runs/${id}`} title={name}>
                {id}
              </Link>{" "}
              ({message})
            </span>
          ))}
        </Note>
      )}
      {open !== null && <SampleDetail sample={open} onClose={() => setOpen(null)} />}
    </div>
  );
}
