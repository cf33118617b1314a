/**
 * The server's vocabulary: short names for what `npm run generate` makes from web/openapi.json.
 * Times are epoch milliseconds (`*_ms`); a number that does not exist is null.
 */
import type { components } from "./schema.gen";

type Schemas = components["schemas"];

export type Entry = Schemas["Entry"];
export type Summary = Schemas["Summary"];
/** One bucket of time; `t_ms` is its start, and samples fall into it by their end. Buckets without a sample are absent. */
export type Point = Schemas["Point"];
export type LabelSeries = Schemas["LabelSeries"];
export type ErrorGroup = Schemas["ErrorGroup"];
export type CodeCount = Schemas["CodeCount"];
export type DistributionBin = Schemas["DistributionBin"];
export type HostCount = Schemas["HostCount"];
export type Verdict = Schemas["Verdict"];
export type Cause = Schemas["Cause"];
export type CriterionResult = Schemas["CriterionResult"];
export type RunFacts = Schemas["RunFacts"];
export type Series = Schemas["Series"];
export type TimedCount = Schemas["TimedCount"];
export type CodeSeries = Schemas["CodeSeries"];
export type Profile = Schemas["Profile"];
export type LabelProfile = Schemas["LabelProfile"];
export type Profiles = Schemas["Profiles"];
export type ApdexThresholds = Schemas["ApdexThresholds"];
export type Report = Schemas["Report"];

export type Change = Schemas["Change"];
export type TestResult = Schemas["TestResult"];
export type LineComparison = Schemas["LineComparison"];
export type Comparison = Schemas["Comparison"];
export type ComparedResult = Schemas["ComparedResult"];
export type ComparisonReport = Schemas["ComparisonReport"];

export type FoundSample = Schemas["FoundSample"];
export type SearchResult = Schemas["SearchResult"];

export type Person = Schemas["Person"];
export type Session = Schemas["Session"];
export type SignedIn = Schemas["SignedIn"];
export type Info = Schemas["Info"];
export type Notice = Schemas["Notice"];

/** Others than these are sent by the form only where they are of the chosen provider. */
type Chosen = "jmeter_home" | "jmeter_version" | "ssh" | "ec2";
export type ClusterConfig = Omit<Schemas["ClusterConfig"], Chosen> & Partial<Pick<Schemas["ClusterConfig"], Chosen>>;
export type Ec2Config = Schemas["Ec2Config"];
export type Distribution = Schemas["Distribution"];
export type Ec2Addresses = Schemas["Ec2Addresses"];
export type CredentialChoice = Schemas["CredentialChoice"];
export type Provider = Schemas["Provider"];
export type ClusterPhase = Schemas["ClusterPhase"];
export type ClusterNode = Schemas["Node"];
export type Cluster = Omit<Schemas["ClusterView"], "config"> & { config: ClusterConfig };
export type NewCluster = Omit<Schemas["NewCluster"], "config"> & { config: ClusterConfig };
export type Forecast = Schemas["ForecastView"];
export type ClusterEvent = Schemas["ClusterEventView"];

export type Machine = Schemas["Machine"];
export type BakedImage = Schemas["BakedImage"];
export type Machines = Schemas["Machines"];

export type SavedAws = Schemas["SavedAwsView"];
export type AwsCredentialsView = Schemas["AwsCredentialsView"];
export type NewAwsCredentials = Schemas["NewAwsCredentials"];

export type PlanFile = Schemas["PlanFile"];
export type Plan = Schemas["PlanView"];
export type Check = Schemas["Check"];
export type CheckProperty = Schemas["PlanProperty"];
export type Finding = Schemas["Finding"];
export type ThreadGroup = Schemas["ThreadGroup"];

export type RunPhase = Schemas["RunPhase"];
export type StopMode = Schemas["StopMode"];
export type NewRun = Schemas["NewRun"];
export type Headline = Schemas["Headline"];
export type RunNode = Schemas["RunNode"];
export type RunStep = Schemas["RunStep"];
export type Run = Schemas["RunView"];
export type Snapshot = Schemas["Snapshot"];
export type NodeLog = Schemas["LogPiece"];
export type Artefact = Schemas["Artefact"];
export type ErrorBody = Schemas["ErrorBody"];

/** Socket.IO's `changed` event, which is not in the OpenAPI document; `all` means that the server lost count of what changed. */
export interface Changed {
  kind: "cluster" | "run" | "plan" | "all";
  id: string;
}
