/** Complete results for rendering; a test only changes what it needs. */
import type { CriterionResult, Entry, PlanSample, PlanSamples, Point, Profile, Report, Run, RunSummary, SearchedRun, Summary, TrendPoint } from "@/shared/api/types";

export function pointAt(t_ms: number, more: Partial<Point> = {}): Point {
  return {
    t_ms,
    samples: 10,
    errors: 0,
    mean_ms: 100,
    p50_ms: 90,
    p90_ms: 150,
    p95_ms: 170,
    p99_ms: 190,
    max_ms: 200,
    latency_ms: 80,
    connect_ms: 1,
    received_bytes: 1000,
    sent_bytes: 100,
    active_users: 5,
    ...more,
  };
}

export function entryOf(label: string, more: Partial<Entry> = {}): Entry {
  return {
    label,
    kind: "request",
    samples: 100,
    errors: 0,
    error_percent: 0,
    mean_ms: 100,
    min_ms: 10,
    max_ms: 200,
    stddev_ms: 20,
    median_ms: 90,
    p90_ms: 150,
    p95_ms: 170,
    p99_ms: 190,
    p999_ms: 198,
    throughput_per_s: 10,
    received_kb_per_s: 10,
    sent_kb_per_s: 1,
    avg_bytes: 1000,
    latency_ms: 80,
    connect_ms: 1,
    apdex: 1,
    ...more,
  };
}

export function summaryOf(labels: Entry[], total: Partial<Entry> = {}, more: Partial<Summary> = {}): Summary {
  const samples = labels.reduce((sum, label) => sum + label.samples, 0);
  const errors = labels.reduce((sum, label) => sum + label.errors, 0);
  return {
    version: 1,
    start_ms: Date.UTC(2026, 10, 23, 12),
    end_ms: Date.UTC(2026, 10, 23, 12, 0, 10),
    total: entryOf("Total", { samples, errors, error_percent: samples === 0 ? null : (errors / samples) * 100, throughput_per_s: samples / 10, ...total }),
    total_basis: "samples",
    labels,
    rejected_rows: 0,
    duration_ms: 10_000,
    unread_percent: 0,
    rejected: [],
    notes: [],
    partial: null,
    ...more,
  };
}

export function profileOf(more: Partial<Profile> = {}): Profile {
  return { percentiles_ms: [], distribution: [], satisfied: 0, tolerated: 0, frustrated: 0, failed: 0, ...more };
}

/** A run that completed. */
export function runOf(more: Partial<Run> & Pick<Run, "id" | "name">): Run {
  return {
    provider: "local",
    plan: { id: "p-1", name: "shop" },
    plan_revision: 1,
    cluster: { id: "c-1", name: "walk" },
    owner: { id: "u-1", name: "Administrator" },
    team: null,
    pinned: false,
    archive: null,
    tags: [],
    note: "",
    annotations: [],
    baseline: false,
    phase: "finished",
    step: "",
    cause: { kind: "completed" },
    verdict: "none",
    criteria: [],
    criteria_expressions: [],
    criteria_watch: [],
    warm_up_s: 0,
    stop_rules: [],
    stop_rule_states: [],
    criteria_version: null,
    created_ms: 0,
    started_ms: 0,
    ended_ms: 60_000,
    expected_s: null,
    stop_requested: null,
    headline: null,
    nodes: [],
    main_file: "shop.jmx",
    files: [],
    versions: null,
    properties: {},
    system_properties: {},
    properties_files: [],
    split: [],
    keep: [],
    stop_timeout_s: 30,
    workers: 1,
    results: "rmi",
    try_run: false,
    results_choice: "auto",
    min_workers: null,
    share: {},
    total_threads: null,
    steps: [],
    notes: [],
    ...more,
  };
}

/** The same in a list. */
export function runSummaryOf(more: Partial<RunSummary> & Pick<RunSummary, "id" | "name">): RunSummary {
  return {
    plan: { id: "p-1", name: "shop" },
    cluster: { id: "c-1", name: "walk" },
    provider: "local",
    owner: { id: "u-1", name: "Administrator" },
    team: null,
    phase: "finished",
    step: "",
    cause: { kind: "completed" },
    verdict: "none",
    workers: 1,
    created_ms: 0,
    started_ms: 0,
    ended_ms: 60_000,
    expected_s: null,
    stop_requested: null,
    headline: null,
    pinned: false,
    tags: [],
    baseline: false,
    try_run: false,
    ...more,
  };
}

/** A run in a trend, of 2026-11-28 14:00 in local time. */
export function trendPointOf(run: string, more: Partial<TrendPoint> = {}): TrendPoint {
  return {
    run,
    name: run,
    created_ms: new Date(2026, 10, 28, 14, 0).getTime(),
    started_ms: null,
    verdict: "none",
    partial: false,
    tags: [],
    baseline: false,
    pinned: false,
    plan_revision: 1,
    samples: 100,
    errors: 0,
    error_percent: 0,
    mean_ms: 30,
    p50_ms: 20,
    p90_ms: 60,
    p95_ms: 80,
    p99_ms: 120,
    rate_per_s: 50,
    compared: null,
    ...more,
  };
}

/** A report of a finished run. */
export function reportOf({ criteria = [], ...more }: Partial<Report> & Pick<Report, "summary"> & { criteria?: CriterionResult[] }): Report {
  const verdict = criteria.length === 0 ? "none" : criteria.every(({ met }) => met) ? "passed" : "failed";
  return {
    version: 1,
    title: "peak",
    jac_version: "0",
    created_ms: 0,
    files: [],
    run: {
      id: "r-1",
      plan: "shop",
      cluster: "walk",
      workers: 1,
      started_ms: more.summary.start_ms,
      ended_ms: more.summary.end_ms,
      cause: { kind: "completed" },
      verdict,
      criteria,
      criteria_watch: [],
      warm_up_s: 0,
      properties: {},
      share: {},
      results: "rmi",
      nodes: [],
      start_skew_ms: null,
      annotations: [],
      transactions: {},
    },
    interval: null,
    series: { bucket_ms: 1000, points: [], labels: [], codes: [], started: [] },
    errors: [],
    error_types: [],
    codes: [],
    profiles: { percents: [], total: profileOf(), labels: [] },
    apdex: { satisfied_ms: 500, tolerated_ms: 1500 },
    hosts: [],
    notes: [],
    ...more,
  };
}

export function sampleOf(run: string, more: Partial<PlanSample> = {}): PlanSample {
  return {
    run,
    log: 0,
    position: 47,
    start_ms: 1_700_000_000_000,
    elapsed_ms: 100,
    label: "Home",
    kind: "request",
    code: "200",
    message: "OK",
    failure_message: "",
    thread: "Users 1-1",
    success: true,
    received_bytes: 1000,
    sent_bytes: 100,
    latency_ms: 80,
    connect_ms: 1,
    url: "http://shop.test/",
    hostname: "",
    all_threads: 5,
    group_threads: 5,
    ...more,
  };
}

export function searchedRunOf(id: string, more: Partial<SearchedRun> = {}): SearchedRun {
  return { id, name: `run ${id}`, started_ms: 1_700_000_000_000, matched: 0, searched: 300, rejected_rows: 0, source: "log", fallback: null, fault: null, ...more };
}

export function planSamplesOf(more: Partial<PlanSamples> = {}): PlanSamples {
  return { matched: 0, searched: 300, matched_transactions: 0, searched_transactions: 0, runs: [], samples: [], next: null, ...more };
}
