/** Shapes that the server has and web/openapi.json does not name yet; this file goes when it does. */
import type { components } from "./schema.gen";

type Schemas = components["schemas"];

export interface TimedCount {
  t_ms: number;
  samples: number;
}

export interface CodeSeries {
  code: string;
  points: TimedCount[];
}

export interface Series {
  bucket_ms: number;
  points: Schemas["Point"][];
  labels: Schemas["LabelSeries"][];
  codes: CodeSeries[];
  started: TimedCount[];
}

export interface Profile {
  satisfied: number;
  tolerated: number;
  frustrated: number;
  failed: number;
  percentiles_ms: number[];
  distribution: Schemas["DistributionBin"][];
}

export interface LabelProfile {
  label: string;
  transaction: boolean;
  profile: Profile;
}

export interface Profiles {
  percents: number[];
  total: Profile;
  labels: LabelProfile[];
}

export interface ApdexThresholds {
  satisfied_ms: number;
  tolerated_ms: number;
}

export type Report = Omit<Schemas["Report"], "distribution" | "series"> & { series: Series; profiles: Profiles; apdex: ApdexThresholds };

export type Change = "worse" | "better" | "same" | "unclear";

export interface TestResult {
  share_before: number;
  share: number;
  p: number;
  corrected_p: number;
}

export interface LineComparison {
  label: string;
  change: Change;
  sentence: string;
  before: Schemas["Entry"];
  after: Schemas["Entry"];
  response_times: TestResult | null;
  tail: TestResult | null;
  errors: TestResult | null;
}

export interface Comparison {
  version: number;
  before: string;
  after: string;
  total: LineComparison;
  labels: LineComparison[];
  missing: string[];
  new: string[];
  worse: boolean;
  tests: number;
  notes: string[];
}

export interface ComparedResult {
  name: string;
  run_id: string | null;
  start_ms: number | null;
  bucket_ms: number | null;
  points: Schemas["Point"][];
  profile: Profile | null;
  percents: number[];
  summary: Schemas["Summary"];
}

export interface ComparisonReport {
  version: number;
  title: string;
  jac_version: string;
  created_ms: number;
  results: ComparedResult[];
  comparisons: Comparison[];
}

export interface FoundSample {
  log: number;
  position: number;
  start_ms: number;
  elapsed_ms: number;
  label: string;
  code: string;
  message: string;
  failure_message: string;
  thread: string;
  success: boolean;
  received_bytes: number | null;
  sent_bytes: number | null;
  latency_ms: number | null;
  connect_ms: number | null;
  url: string;
}

export interface SearchResult {
  matched: number;
  searched: number;
  rejected_rows: number;
  samples: FoundSample[];
}
