/**
 * What the server says about people, their rights and what they own, written by hand until it is generated: whoever replaces a type here
 * by one of schema.gen.ts changes this file only. Times are epoch milliseconds.
 */
import type { components } from "./schema.gen";

type Schemas = components["schemas"];

export type Person = Schemas["Person"];
export type Named = Schemas["Named"];

export type Role = "administrator" | "member" | "viewer";

/** A thing with an owner; the members of its team may change it too. */
export interface Owned {
  owner: Person;
  team: Named | null;
}

export interface SessionUser {
  id: string;
  name: string;
  role: Role;
  teams: Named[];
}

export interface Session {
  user: SessionUser;
  via: "session" | "token" | "shell";
  has_password: boolean;
  /** Opened by a one-time link: a password may be set without the one before. */
  by_link: boolean;
  /** Nobody but the first administrator exists. */
  single_user: boolean;
  /** Where the company's own sign-out is. */
  sign_out_url: string | null;
}

export interface SignedIn {
  /** The page's half of the session. */
  page: string;
  session: Session;
}

export interface SignInOffer {
  /** By name and password. */
  local: boolean;
  company: { name: string } | null;
}

export interface SessionView {
  id: string;
  /** It is the one that asks. */
  current: boolean;
  created_ms: number;
  last_used_ms: number;
  expires_ms: number;
  address: string;
  user_agent: string;
}

export type TokenScope = "read" | "run" | "all";

export interface TokenView {
  id: string;
  name: string;
  scope: TokenScope;
  created_ms: number;
  expires_ms: number | null;
  last_used_ms: number | null;
}

export interface NewToken {
  name: string;
  scope: TokenScope;
  expires_days?: number | null;
}

export interface CreatedToken {
  /** Told this once. */
  token: string;
  view: TokenView;
}

export type CredentialKind = "aws_keys" | "aws_role" | "ssh_key";

export interface CredentialView extends Owned {
  id: string;
  name: string;
  kind: CredentialKind;
  region: string | null;
  /** What may be shown, by name: `access_key_id`, `role_arn`, `fingerprint`… */
  shown: Record<string, string>;
  saved_ms: number;
  /** Who AWS says that it is: an ARN. */
  identity: string | null;
  /** Why it did not work when it was last used or tested. */
  fault: string | null;
  /** Clusters that live and need it. */
  in_use_by: Named[];
}

export interface NewAws {
  access_key_id?: string | null;
  secret_access_key?: string | null;
  session_token?: string | null;
  role_arn?: string | null;
  external_id?: string | null;
  region?: string | null;
}

export interface NewCredential {
  name: string;
  aws?: NewAws;
  ssh_key?: { private_key: string; passphrase?: string };
}

/** The server's own credentials: whether the one who asks may use them, and whether there are any. */
export interface EnvironmentCredentials {
  allowed: boolean;
  available: boolean;
}

/** Somebody with an account; what only administrators see is null for others. */
export interface UserView {
  id: string;
  name: string;
  role: Role;
  teams: Named[];
  disabled: boolean | null;
  via_company: boolean | null;
  has_password: boolean | null;
  created_ms: number | null;
  last_seen_ms: number | null;
  owns: { clusters: number; plans: number; runs: number } | null;
}

export interface NewUser {
  name: string;
  role: Role;
  teams?: string[];
}

export interface UserChange {
  role?: Role;
  teams?: string[];
  disabled?: boolean;
}

/** A one-time sign-in link, told once. */
export interface OneTimeLink {
  link: string;
  expires_ms: number;
}

export interface Invited extends OneTimeLink {
  user: UserView;
}

export interface TeamView {
  id: string;
  name: string;
  members: Person[];
}

export interface AuditEntry {
  id: string;
  at_ms: number;
  person: Person;
  via: "session" | "token" | "shell" | "none";
  /** The token's name. */
  via_name: string | null;
  address: string | null;
  action: string;
  kind: string | null;
  thing: string | null;
  thing_name: string | null;
  outcome: "done" | "refused" | "failed";
  /** Why it was refused or failed. */
  code: string | null;
  details: Record<string, string>;
}

/** A part of a list; `next` is the cursor of the following one. */
export interface Page<T> {
  items: T[];
  next: string | null;
}

export interface RunSummary extends Owned {
  id: string;
  name: string;
  plan: Named;
  cluster: Named;
  provider: Schemas["Provider"];
  phase: Schemas["RunPhase"];
  step: string;
  cause: Schemas["Cause"] | null;
  verdict: Schemas["Verdict"];
  workers: number;
  created_ms: number;
  started_ms: number | null;
  ended_ms: number | null;
  headline: Schemas["Headline"] | null;
  pinned: boolean;
  /** How long it is to take by its plan, and whether it was asked to stop: shown where the server says it. */
  expected_s?: number | null;
  stop_requested?: Schemas["StopMode"] | null;
}

export interface ClusterSummary extends Owned {
  id: string;
  name: string;
  provider: Schemas["Provider"];
  phase: Schemas["ClusterPhase"];
  cause: string | null;
  workers: number;
  lost_nodes: string[];
  current_run: string | null;
  created_ms: number;
  ready_ms: number | null;
  ended_ms: number | null;
  expires_at_ms: number;
  idle_ends_at_ms: number | null;
  usd_per_hour: number | null;
  usd_so_far: number | null;
}

export interface PlanSummary extends Owned {
  id: string;
  name: string;
  created_ms: number;
  main_file: string;
  files: number;
  bytes: number;
  runs: number;
  last_run: Schemas["LastRun"] | null;
}

/** A link that shows results to whoever has it. */
export interface Share {
  id: string;
  /** Told once, when it is made. */
  url: string | null;
  expires_ms: number;
  created_ms: number;
  by: Person;
}

export interface OpenedShare {
  kind: "run" | "comparison";
  runs: string[];
}

/** The generated views as they are to be: an owner and a team, and nothing of who looks at them. */
export type Run = Omit<Schemas["RunView"], "can_write"> & Owned;
export type Snapshot = Omit<Schemas["Snapshot"], "run"> & { run: Run };
export type Plan = Omit<Schemas["PlanView"], "can_write"> & Owned;
/** `saved` is the owner's only set; else a set's id. */
export type Ec2Config = Omit<Schemas["Ec2Config"], "credentials"> & { credentials: string };
/** A saved key by its id, or a file of the server, which administrators may name. */
export type SshConfig = Omit<Schemas["SshConfig"], "key" | "key_file"> & { key?: string | null; key_file?: string | null };

/** Others than these are sent by the form only where they are of the chosen provider. */
type Chosen = "jmeter_home" | "jmeter_version" | "ssh" | "ec2";
export type ClusterConfig = Omit<Schemas["ClusterConfig"], Chosen> &
  Partial<Pick<Schemas["ClusterConfig"], "jmeter_home" | "jmeter_version">> & { ssh?: SshConfig | null; ec2?: Ec2Config | null };
export type Cluster = Omit<Schemas["ClusterView"], "config" | "can_write"> & Owned & { config: ClusterConfig };
export type NewCluster = Omit<Schemas["NewCluster"], "config"> & { config: ClusterConfig };

/** Socket.IO's events, which are not in the OpenAPI document; `all` means that the server lost count of what changed. */
export interface Changed {
  kind: "cluster" | "run" | "plan" | "session" | "all";
  id: string;
}

/** The session has ended or its rights have changed; the server closes the connection next. */
export interface SignedOut {
  code: string;
}
