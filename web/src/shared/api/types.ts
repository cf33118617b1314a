/**
 * Short names for the types that `npm run generate` creates from web/openapi.json.
 * Times are epoch milliseconds (`*_ms`); a figure that does not exist is null.
 */
import type { components } from "./schema.gen";

type Schemas = components["schemas"];

export type * from "./people";

export type Entry = Schemas["Entry"];
export type Summary = Schemas["Summary"];
/** One bucket of time; `t_ms` is its start, and samples fall into it by their end. Buckets without a sample are absent. */
export type Point = Schemas["Point"];
export type LiveLabels = Schemas["LiveLabels"];
export type WindowTable = Schemas["WindowTable"];
export type LabelCharts = Schemas["LabelCharts"];
export type LabelSeries = Schemas["LabelSeries"];
export type ErrorGroup = Schemas["ErrorGroup"];
export type CodeCount = Schemas["CodeCount"];
export type DistributionBin = Schemas["DistributionBin"];
export type LoadGenerator = Schemas["LoadGenerator"];
/** What happened, for programs (code, params) and for people. */
export type Message = Schemas["Message"];
export type Verdict = Schemas["Verdict"];
export type Cause = Schemas["Cause"];
export type CriterionResult = Schemas["CriterionResult"];
export type CriterionWatch = Schemas["CriterionWatch"];
export type StopRuleState = Schemas["StopRuleState"];
export type PlanCriteria = Schemas["PlanCriteria"];
export type FileChange = Schemas["FileChange"];
export type RevisionView = Schemas["RevisionView"];
export type RevisionPage = Schemas["RevisionPage"];
export type RevisionDifference = Schemas["RevisionDifference"];
export type FileDifference = Schemas["FileDifference"];
export type RunFacts = Schemas["RunFacts"];
export type ResultsChoice = Schemas["ResultsChoice"];
export type Series = Schemas["Series"];
export type TimedCount = Schemas["TimedCount"];
export type CodeSeries = Schemas["CodeSeries"];
export type ChangedCodes = Schemas["ChangedCodes"];
export type Profile = Schemas["Profile"];
export type LabelProfile = Schemas["LabelProfile"];
export type Profiles = Schemas["Profiles"];
export type ApdexThresholds = Schemas["ApdexThresholds"];
export type Report = Schemas["Report"];

export type Change = Schemas["Change"];
export type ChangedMetric = Schemas["ChangedMetric"];
export type TestResult = Schemas["TestResult"];
export type LineComparison = Schemas["LineComparison"];
export type ComparisonOutcome = Schemas["ComparisonOutcome"];
export type Comparison = Schemas["Comparison"];
export type ErrorType = Schemas["ErrorType"];
export type ComparedResult = Schemas["ComparedResult"];
export type ComparisonReport = Schemas["ComparisonReport"];

export type TrendPoint = Schemas["TrendPoint"];
export type Trend = Schemas["Trend"];
/** Runs by the time since each one's start. */
export type RunsOverTime = Schemas["RunsOverTime"];

export type FoundSample = Schemas["FoundSample"];
export type SearchResult = Schemas["SearchResult"];
export type FoundSamples = Schemas["FoundSamples"];
/** Of all runs of a plan. */
export type PlanSamples = Schemas["PlanSamples"];
export type PlanSample = Schemas["PlanSample"];
export type SearchedRun = Schemas["SearchedRun"];

export type TargetTest = Schemas["TargetTest"];
export type OwnTarget = Schemas["OwnTargetView"];
export type NewSearchTarget = Schemas["NewSearchTarget"];
export type ResultsStore = Schemas["ResultsStoreView"];
export type NewResultsStore = Schemas["NewResultsStore"];

export type Info = Schemas["Info"];
export type Notice = Schemas["Notice"];

export type Distribution = Schemas["Distribution"];
export type Ec2Addresses = Schemas["Ec2Addresses"];
export type Provider = Schemas["Provider"];
export type ClusterPhase = Schemas["ClusterPhase"];
export type ClusterNode = Schemas["Node"];
export type Forecast = Schemas["ForecastView"];
export type ClusterEvent = Schemas["ClusterEventView"];

export type Machine = Schemas["Machine"];
export type NodeImage = Schemas["NodeImage"];
export type Machines = Schemas["Machines"];

export type PlanFile = Schemas["PlanFile"];
export type Check = Schemas["Check"];
export type RunCheck = Schemas["RunCheck"];
export type RunCheckRequest = Schemas["RunCheckRequest"];
export type CheckProperty = Schemas["PlanProperty"];
export type Finding = Schemas["Finding"];
export type ThreadGroup = Schemas["ThreadGroup"];
/** Users over time as the plan defines them. */
export type LoadShape = Schemas["LoadShape"];
export type LoadPoint = Schemas["LoadPoint"];
export type Outline = Schemas["Outline"];
export type OutlineElement = Schemas["OutlineElement"];
/** A file that the plan expects at another path. */
export type Misplaced = Schemas["Misplaced"];
export type PlanChanges = Schemas["PlanChanges"];

export type RunPhase = Schemas["RunPhase"];
export type StopMode = Schemas["StopMode"];
export type NewRun = Schemas["NewRun"];
export type Headline = Schemas["Headline"];
export type RunNode = Schemas["RunNode"];
export type RunStep = Schemas["RunStep"];
export type NodeSeries = Schemas["NodeSeries"];
export type NodeLook = Schemas["NodeLook"];
export type Annotation = Schemas["Annotation"];
export type NodeLog = Schemas["LogPiece"];
export type Artefact = Schemas["Artefact"];
export type StoreLink = Schemas["Link"];
export type Schedule = Schemas["ScheduleView"];
export type NewSchedule = Schemas["NewSchedule"];
export type ScheduleState = Schemas["ScheduleState"];
export type ScheduleOfRun = Schemas["ScheduleOfRun"];
export type Timing = Schemas["Timing"];
export type Overlap = Schemas["Overlap"];
export type NextTime = Schemas["NextTime"];
/** A scheduled time of a schedule, and its result. */
export type Firing = Schemas["Firing"];
export type FiringState = Schemas["FiringState"];
export type RunChanges = Schemas["RunChanges"];
export type Shipment = Schemas["Shipment"];
export type SearchTarget = Schemas["TargetView"];
export type Delivery = Schemas["Delivery"];
export type Integrations = Schemas["IntegrationsView"];
export type IntegrationTest = Schemas["IntegrationTest"];
export type NotifierView = Schemas["NotifierView"];
export type NotifierKind = Schemas["NotifierKind"];
export type ExporterView = Schemas["ExporterView"];
export type ExporterKind = Schemas["ExporterKind"];
export type ErrorBody = Schemas["ErrorBody"];
/** An error of a request: `field` is a JSON pointer into its body; null: it belongs to no single field. */
export type Fault = Schemas["Fault"];
