/**
 * The server's vocabulary, by hand until web/openapi.json is there. Names and meaning are the contract's.
 * Times are epoch milliseconds (`*_ms`); a number that does not exist is null.
 */
export interface Entry {
  label: string;
  samples: number;
  errors: number;
  error_percent: number | null;
  mean_ms: number | null;
  min_ms: number | null;
  max_ms: number | null;
  stddev_ms: number | null;
  median_ms: number | null;
  p90_ms: number | null;
  p95_ms: number | null;
  p99_ms: number | null;
  throughput_per_s: number | null;
  received_kb_per_s: number | null;
  sent_kb_per_s: number | null;
  avg_bytes: number | null;
  apdex: number | null;
}

export interface Summary {
  version: number;
  start_ms: number | null;
  end_ms: number | null;
  total: Entry;
  total_basis: "samples" | "transactions";
  labels: Entry[];
  rejected_rows: number;
  partial: { cause: string } | null;
}

/** One bucket of time; `t_ms` is its start, and samples fall into it by their end. Buckets without a sample are absent. */
export interface Point {
  t_ms: number;
  samples: number;
  errors: number;
  mean_ms: number | null;
  p50_ms: number | null;
  p90_ms: number | null;
  p95_ms: number | null;
  p99_ms: number | null;
  max_ms: number | null;
  latency_ms: number | null;
  connect_ms: number | null;
  received_bytes: number;
  sent_bytes: number;
  active_users: number | null;
}

export interface LabelSeries {
  label: string;
  transaction: boolean;
  points: Point[];
}

export interface Series {
  bucket_ms: number;
  points: Point[];
  labels: LabelSeries[];
}

export interface ErrorGroup {
  label: string;
  code: string;
  message: string;
  count: number;
  first_ms: number;
  last_ms: number;
}

export interface CodeCount {
  code: string;
  count: number;
  errors: number;
}

export interface DistributionBin {
  from_ms: number;
  to_ms: number;
  samples: number;
  errors: number;
}

export interface HostCount {
  host: string;
  samples: number;
  errors: number;
}

export type Verdict = "passed" | "failed" | "none";

export type Cause =
  | { kind: "completed" }
  | { kind: "stopped"; by: string; how: "graceful" | "cut" }
  | { kind: "failed"; reason: string; lost: string | null };

export interface CriterionResult {
  expression: string;
  met: boolean;
  sentence: string;
}

export interface RunFacts {
  id: string;
  plan: string;
  cluster: string;
  workers: number;
  started_ms: number | null;
  ended_ms: number | null;
  cause: Cause | null;
  verdict: Verdict;
  criteria: CriterionResult[];
  properties: Record<string, string>;
}

export interface Report {
  version: number;
  title: string;
  jac_version: string;
  created_ms: number;
  files: { name: string; bytes: number }[];
  run: RunFacts | null;
  summary: Summary;
  series: Series;
  errors: ErrorGroup[];
  codes: CodeCount[];
  distribution: DistributionBin[];
  hosts: HostCount[];
  notes: string[];
}

export interface Person {
  id: string;
  name: string;
}

export interface Session {
  user: { id: string; name: string; role: "administrator" };
}

export interface Info {
  version: string;
  installation: string;
  java: { found: boolean; version: string | null; hint: string | null };
  jmeter: { home: string | null; version: string | null; hint: string | null };
  limits: { max_workers: number; max_upload_bytes: number; max_files: number };
  providers: string[];
  started_ms: number;
}

export interface ClusterConfig {
  workers: number;
  heap_mb: number | null;
  lifetime_minutes: number;
  idle_minutes: number | null;
  remove_after_run: boolean;
}

export type ClusterPhase = "requested" | "launching" | "preparing" | "ready" | "terminating" | "terminated" | "failed";

export interface ClusterNode {
  name: string;
  role: "master" | "worker";
  state: "requested" | "running" | "lost" | "terminated";
  address: string | null;
  detail: string | null;
}

export interface Cluster {
  id: string;
  name: string;
  description: string;
  owner: Person;
  can_write: boolean;
  provider: "local";
  config: ClusterConfig;
  phase: ClusterPhase;
  cause: string | null;
  lost_nodes: string[];
  current_run: string | null;
  nodes: ClusterNode[];
  created_ms: number;
  ready_ms: number | null;
  ended_ms: number | null;
  expires_at_ms: number;
  idle_ends_at_ms: number | null;
  hourly_cost: null;
}

export interface NewCluster {
  name?: string;
  description?: string;
  provider: "local";
  config: ClusterConfig;
}

export interface ClusterEvent {
  at_ms: number;
  node: string | null;
  text: string;
}

export interface PlanFile {
  path: string;
  bytes: number;
  kind: "plan" | "data" | "plugin";
}

export type RunPhase = "queued" | "preparing" | "running" | "collecting" | "finished";

export interface Plan {
  id: string;
  name: string;
  owner: Person;
  can_write: boolean;
  created_ms: number;
  main_file: string;
  files: PlanFile[];
  runs: number;
  bytes: number;
  last_run: { id: string; phase: RunPhase; verdict: Verdict; created_ms: number } | null;
}

export interface Finding {
  severity: "error" | "warning" | "info";
  code: string;
  element: string | null;
  message: string;
  hint: string | null;
}

export interface ThreadGroup {
  name: string;
  kind: string;
  enabled: boolean;
  threads: number | null;
  ramp_up_s: number | null;
  loops: number | null;
  duration_s: number | null;
  delay_s: number | null;
  raw: Record<string, string>;
}

export interface CheckDataFile {
  path: string;
  found: boolean;
  element: string;
  bytes: number | null;
  split: boolean;
}

export interface CheckProperty {
  name: string;
  default: string | null;
  value: string | null;
}

export interface Check {
  plan: string;
  test_name: string | null;
  workers: number;
  thread_groups: ThreadGroup[];
  threads_per_node: number | null;
  total_threads: number | null;
  duration_s: number | null;
  data_files: CheckDataFile[];
  properties: CheckProperty[];
  findings: Finding[];
  ok: boolean;
}

export interface NewRun {
  cluster_id: string;
  plan_id: string;
  name?: string;
  properties?: Record<string, string>;
  split?: string[];
  criteria?: string[];
  grace_s?: number;
}

export interface Headline {
  samples: number;
  errors: number;
  error_percent: number | null;
  rate_per_s: number | null;
  p95_ms: number | null;
  active_users: number | null;
}

export interface RunNode {
  name: string;
  role: "master" | "worker";
  state: "waiting" | "starting" | "running" | "ended" | "lost";
  exit_code: number | null;
}

export interface RunStep {
  text: string;
  started_ms: number;
  ended_ms: number | null;
}

export interface Run {
  id: string;
  name: string;
  plan: { id: string; name: string };
  cluster: { id: string; name: string };
  owner: Person;
  can_write: boolean;
  phase: RunPhase;
  step: string;
  cause: Cause | null;
  verdict: Verdict;
  criteria: CriterionResult[];
  criteria_expressions: string[];
  created_ms: number;
  started_ms: number | null;
  ended_ms: number | null;
  expected_s: number | null;
  stop_requested: null | "graceful" | "cut";
  headline: Headline | null;
  nodes: RunNode[];
  properties: Record<string, string>;
  split: string[];
  workers: number;
  total_threads: number | null;
  grace_s: number;
  notes: string[];
  steps: RunStep[];
}

export interface Snapshot {
  run_id: string;
  seq: number;
  at_ms: number;
  run: Run;
  summary: Summary;
  bucket_ms: number;
  reset: boolean;
  points: Point[];
  errors: ErrorGroup[];
}

export interface NodeLog {
  node: string;
  from: number;
  next: number;
  text: string;
  size: number;
}

export interface Artefact {
  name: string;
  bytes: number;
  media_type: string;
}

export interface Changed {
  kind: "cluster" | "run" | "plan";
  id: string;
}

export interface ErrorBody {
  error: { code: string; message: string; hint: string | null; details: string[] };
}
