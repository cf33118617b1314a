import { useState, type ReactNode } from "react";
import { useNavigate } from "react-router";
import { measuredSeconds } from "@/features/results/transactions";
import { stateChip, verdictChip } from "@/features/results/runWords";
import type { RunSummary } from "@/shared/api/types";
import { formatCount, formatMs, formatPercent, formatRate } from "@/shared/format/numbers";
import { formatAgo, formatDateTime, formatDuration } from "@/shared/format/time";
import type { Facet } from "@/shared/lists/ListFilters";
import { EMPTY_LIST, searchOf, type ListState } from "@/shared/lists/listState";
import { ListTable } from "@/shared/lists/ListTable";
import { useListState } from "@/shared/lists/useListState";
import type { Pages } from "@/shared/lists/usePages";
import type { Column } from "@/shared/tables/tableRows";
import { Chip } from "@/shared/ui/Chip";
import { Icon } from "@/shared/ui/Icon";
import { CutLink } from "@/shared/ui/MiddleCut";
import { useNow } from "@/shared/ui/useNow";
import { useWindowWidth } from "@/shared/ui/useWindowWidth";
import { useRunPages, useRuns } from "../api/useRuns";
import { comparePath } from "../runBefore";
import { BaselineMark } from "./BaselineMark";
import { PinMark } from "./PinMark";
import { TryMark } from "./TryMark";

/** Maximum number of runs in a comparison. */
const MOST = 5;
/** Narrower windows show only the figures next to the run's name, which contains the plan's unless it was changed. */
const PLAN_FROM_PX = 1300;
const CLUSTER_FROM_PX = 1640;
const OWNER_FROM_PX = 1480;
/** Tags, if there are any, come before the owner. */
const TAGS_FROM_PX = 1360;
const DURATION_BESIDE_TAGS_FROM_PX = 1460;
const OWNER_BESIDE_TAGS_FROM_PX = 1560;

interface Marks {
  marked: ReadonlySet<string>;
  onMark: (id: string) => void;
}

function columnsAt(now: number, marks: Marks, tagged: boolean, planned: boolean): Column<RunSummary>[] {
  return [
    {
      id: "name",
      name: "Run",
      main: true,
      value: (run) => run.name,
      cell: (run) => (
        <span className="cell-line">
          <Mark run={run} {...marks} />
          <CutLink to={`/runs/${run.id}`} text={run.name} />
          {planned && run.plan.name !== run.name && (
            <small className="run-plan" title={`Plan ${run.plan.name}`}>
              {run.plan.name}
            </small>
          )}
          {run.try_run && <TryMark />}
          {run.baseline && <BaselineMark />}
          {run.pinned && <PinMark />}
        </span>
      ),
    },
    { id: "state", name: "State", value: (run) => stateChip(run).word, cell: (run) => <Chip {...stateChip(run)} /> },
    { id: "verdict", name: "Criteria", value: (run) => run.verdict, cell: (run) => <VerdictCell run={run} /> },
    { id: "plan", name: "Plan", clip: true, spareBelow: PLAN_FROM_PX, value: (run) => run.plan.name, cell: (run) => <CutLink to={`/plans/${run.plan.id}`} text={run.plan.name} /> },
    {
      id: "cluster",
      name: "Cluster",
      clip: true,
      spareBelow: CLUSTER_FROM_PX,
      value: (run) => run.cluster.name,
      cell: (run) => (run.provider === "imported" ? <span className="text-faint">–</span> : <CutLink to={`/clusters/${run.cluster.id}`} text={run.cluster.name} />),
    },
    { id: "provider", name: "Provider", optional: true, value: (run) => run.provider, cell: (run) => run.provider },
    { id: "owner", name: "Owner", clip: true, spareBelow: tagged ? OWNER_BESIDE_TAGS_FROM_PX : OWNER_FROM_PX, value: (run) => run.owner.name, cell: (run) => run.owner.name },
    { id: "team", name: "Team", clip: true, optional: true, value: (run) => run.team?.name ?? null, cell: (run) => run.team?.name ?? <span className="text-faint">–</span> },
    { id: "tags", name: "Tags", clip: true, spareBelow: TAGS_FROM_PX, value: (run) => run.tags.join(", "), cell: (run) => <Tags tags={run.tags} /> },
    { id: "samples", name: "Samples", numeric: true, spareBelow: 960, value: (run) => run.headline?.samples ?? null, cell: (run) => formatCount(run.headline?.samples) },
    { id: "rate", name: "Throughput", numeric: true, value: (run) => run.headline?.rate_per_s ?? null, cell: (run) => formatRate(run.headline?.rate_per_s) },
    { id: "p95", name: "p95", numeric: true, value: (run) => run.headline?.p95_ms ?? null, cell: (run) => formatMs(run.headline?.p95_ms) },
    { id: "errors", name: "Error rate", numeric: true, value: (run) => run.headline?.error_percent ?? null, cell: (run) => <ErrorRate run={run} /> },
    { id: "duration", name: "Duration", numeric: true, spareBelow: tagged ? DURATION_BESIDE_TAGS_FROM_PX : 0, value: (run) => seconds(run, now), cell: (run) => formatDuration(seconds(run, now)) },
    {
      id: "started",
      name: "Created",
      numeric: true,
      value: (run) => run.created_ms,
      cell: (run) => <span title={formatDateTime(run.created_ms)}>{formatAgo(run.created_ms, now)}</span>,
    },
  ];
}

/** Selects a run for comparison. */
function Mark({ run, marked, onMark }: Marks & { run: RunSummary }) {
  const on = marked.has(run.id);
  const title = run.try_run
    ? "Try runs cannot be compared"
    : run.phase !== "finished"
      ? "Only finished runs can be compared"
      : !on && marked.size >= MOST
        ? `At most ${MOST} runs can be compared`
        : "Select for comparison";
  return (
    <input
      type="checkbox"
      className="form-check-input row-select no-print"
      aria-label={`Select ${run.name} for comparison`}
      title={title}
      checked={on}
      disabled={run.phase !== "finished" || run.try_run || (!on && marked.size >= MOST)}
      onChange={() => onMark(run.id)}
    />
  );
}

function Tags({ tags }: { tags: string[] }) {
  if (tags.length === 0) return <span className="text-faint">–</span>;
  return tags.map((tag) => (
    <span key={tag} className="tag">
      {tag}
    </span>
  ));
}

/** The measured duration, as in the report; for a run without a rate, how long it was active. */
function seconds(run: RunSummary, now: number): number | null {
  const measured = run.phase === "finished" && run.headline !== null ? measuredSeconds({ samples: run.headline.samples, rate: run.headline.rate_per_s }) : null;
  if (measured !== null) return measured;
  return run.started_ms === null ? null : ((run.ended_ms ?? now) - run.started_ms) / 1000;
}

function VerdictCell({ run }: { run: RunSummary }) {
  const chip = run.phase === "finished" ? verdictChip(run.verdict, run.headline) : null;
  return chip === null ? <span className="text-faint">–</span> : <Chip {...chip} word={run.verdict === "passed" ? "met" : "failed"} />;
}

function ErrorRate({ run }: { run: RunSummary }) {
  const bad = (run.headline?.errors ?? 0) > 0;
  return <span className={bad ? "text-failed" : "text-faint"}>{formatPercent(run.headline?.error_percent)}</span>;
}

const ORDERS = { samples: "samples", rate: "rate", p95: "p95", errors: "errors", duration: "duration", started: "created" };
const FACETS: Facet[] = [
  { name: "phase", label: "State", options: ["queued", "preparing", "running", "collecting", "finished"].map((phase) => ({ value: phase, word: phase })) },
  {
    name: "verdict",
    label: "Criteria",
    options: [
      { value: "passed", word: "met" },
      { value: "failed", word: "failed" },
      { value: "none", word: "none" },
    ],
  },
  {
    name: "provider",
    label: "Provider",
    options: [
      { value: "local", word: "Local processes" },
      { value: "ssh", word: "Machines over SSH" },
      { value: "ec2", word: "Amazon EC2" },
      { value: "imported", word: "Imported" },
    ],
  },
  {
    name: "pinned",
    label: "Pinned",
    options: [{ value: "true", word: "pinned" }],
  },
  {
    name: "try_run",
    label: "Try runs",
    options: [
      { value: "false", word: "without try runs" },
      { value: "true", word: "try runs only" },
    ],
  },
];
const NO_ORDERS = {};
const NAMES = [...FACETS.map(({ name }) => name), "tag"];

/** The tags of the listed runs, and the selected one; null if there are none. */
function tagFacet(runs: RunSummary[], chosen: string | undefined): Facet | null {
  const tags = [...new Set([...(chosen === undefined ? [] : [chosen]), ...runs.flatMap(({ tags: each }) => each)])].sort((a, b) => a.localeCompare(b, "en", { numeric: true }));
  return tags.length === 0 ? null : { name: "tag", label: "Tag", options: tags.map((tag) => ({ value: tag, word: tag })), open: true };
}

interface Props {
  title: string;
  empty: ReactNode;
  /** Columns that are unnecessary on the current page (the plan's page needs no plan). */
  without?: string[];
  actions?: ReactNode;
}

interface ListProps extends Props {
  /** Only runs of one plan or one cluster: the API's parameters. */
  of?: Record<string, string>;
  /** Prefix of the list's parameters in the URL of a page with other parameters. */
  prefix?: string;
  /** The page consists of this list. */
  fills?: boolean;
}

/** All runs, or those of a plan or a cluster: filtered and sorted by the server. */
export function RunList({ of = {}, prefix = "", ...table }: ListProps) {
  const [state, change] = useListState(prefix, NAMES);
  const pages = useRunPages(searchOf(state, of));
  return <RunTable {...table} pages={pages} state={state} onChange={change} facets={FACETS} />;
}

/** The newest finished runs, without filters. */
export function LastRuns({ count, ...table }: Props & { count: number }) {
  const { data, error, refetch } = useRuns("phase=finished", count);
  const pages: Pages<RunSummary> = {
    rows: data?.items,
    error: data === undefined ? error : null,
    stale: false,
    more: false,
    loadingMore: false,
    moreError: null,
    loadMore: () => undefined,
    retry: () => void refetch(),
  };
  return <RunTable {...table} pages={pages} state={EMPTY_LIST} onChange={() => undefined} facets={null} />;
}

interface TableProps extends Props {
  pages: Pages<RunSummary>;
  state: ListState;
  onChange: (change: Partial<ListState>) => void;
  /** null: no filters and no sorting. */
  facets: Facet[] | null;
  fills?: boolean;
}

export function RunTable({ pages, title, empty, without = [], fills = false, actions, state, onChange, facets }: TableProps) {
  const navigate = useNavigate();
  const now = useNow(2000);
  const [marked, setMarked] = useState<ReadonlySet<string>>(new Set());
  const width = useWindowWidth();
  const tags = tagFacet(pages.rows ?? [], state.facets["tag"]);
  // Deleted or filtered-out runs are neither compared nor counted.
  const chosen = (pages.rows ?? []).filter((run) => marked.has(run.id));
  const listed = new Set(chosen.map(({ id }) => id));
  const onMark = (id: string) => {
    const after = new Set(listed);
    if (!after.delete(id)) after.add(id);
    setMarked(after);
  };
  return (
    <ListTable
      name="runs"
      fills={fills}
      title={title}
      pages={pages}
      state={state}
      onChange={onChange}
      orders={facets === null ? NO_ORDERS : ORDERS}
      facets={facets === null || tags === null ? facets : [...facets, tags]}
      searches="Name, plan or ID"
      columns={columnsAt(now, { marked: listed, onMark }, tags !== null && width >= TAGS_FROM_PX, !without.includes("plan")).filter(
        ({ id }) => !without.includes(id) && (id !== "tags" || tags !== null),
      )}
      rowKey={(run) => run.id}
      onOpen={(run) => void navigate(`/runs/${run.id}`)}
      empty={empty}
      actions={
        <>
          {chosen.length > 0 && (
            <button
              type="button"
              className="btn btn-sm btn-outline-secondary"
              disabled={chosen.length < 2}
              title={chosen.length < 2 ? "Select another run" : "Compare the selected runs with the earliest one"}
              onClick={() => void navigate(comparePath(chosen))}
            >
              <Icon name="sliders" /> Compare {chosen.length < 2 ? "with…" : chosen.length}
            </button>
          )}
          {actions}
        </>
      }
    />
  );
}
