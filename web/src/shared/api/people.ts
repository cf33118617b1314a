/**
 * Short names for the types of the API about users, their rights and what they own, and a few types that the OpenAPI document does not
 * have. Times are epoch milliseconds.
 */
import type { components } from "./schema.gen";

type Schemas = components["schemas"];

export type Person = Schemas["Person"];
export type Named = Schemas["Named"];

export type Role = Schemas["UserRole"];

/** An object with an owner; the members of its team may change it too. */
export interface Owned {
  owner: Person;
  team: Named | null;
}

export type SessionUser = Schemas["User"];
export type Session = Schemas["Session"];
export type SignedIn = Schemas["SignedIn"];
export type SignInOffer = Schemas["SignInMethods"];
export type CompanyPage = Schemas["CompanyPage"];
export type SessionView = Schemas["SessionView"];

export type TokenScope = Schemas["TokenScope"];
export type TokenView = Schemas["TokenView"];
export type NewToken = Schemas["TokenRequest"];
export type CreatedToken = Schemas["NewToken"];

export type CredentialKind = Schemas["CredentialWord"];
export type CredentialView = Schemas["CredentialView"];
export type NewAws = Schemas["NewAwsCredentials"];
export type NewCredential = Schemas["NewCredentials"];
export type EnvironmentCredentials = Schemas["EnvironmentCredentials"];

/** A user; fields that only administrators see are null for others. */
export type UserView = Schemas["UserView"];
export type NewUser = Schemas["NewUser"];
export type UserChange = Schemas["UserChange"];
export type OneTimeLink = Schemas["OneTimeLink"];
export type Invited = Schemas["Invited"];
export type TeamView = Schemas["TeamView"];

export type AuditEntry = Schemas["AuditEntry"];

/** A page of a list; `next` is the cursor of the following one. */
export type Page<T> = Omit<Schemas["AuditPage"], "items"> & { items: T[] };

export type RunSummary = Schemas["RunSummary"];
export type ClusterSummary = Schemas["ClusterSummary"];
export type PlanSummary = Schemas["PlanSummary"];

/** A link that shows results to everybody who has it. */
export type Share = Schemas["Share"];
export type OpenedShare = Schemas["OpenedShare"];

export type Run = Schemas["RunView"];
export type Snapshot = Schemas["Snapshot"];
/** A pushed snapshot: `summary.labels` is empty, and `table` has the cells of labels that changed: label, bit mask of the columns, values. */
export type PushedSnapshot = Snapshot & { table: { columns: string[]; rows: [string, number, ...unknown[]][] } };
export type Plan = Schemas["PlanView"];
export type Cluster = Schemas["ClusterView"];
export type Ec2Config = Schemas["Ec2Config"];
export type ClusterConfig = Schemas["ClusterConfig"];
export type NewCluster = Schemas["NewCluster"];

/** Socket.IO events, which are not in the OpenAPI document; `all` means that any number of objects may have changed. */
export interface Changed {
  kind: "cluster" | "run" | "plan" | "session" | "all";
  id: string;
}

/** The session has ended or its rights have changed; the server closes the connection next. */
export interface SignedOut {
  code: string;
}
