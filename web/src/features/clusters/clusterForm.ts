/** The create form as it is typed, and what is wrong with it: all faults at once. Pure. */
import type { ClusterConfig, NewCluster, Provider } from "@/shared/api/types";
import { readHosts, readKnownHosts } from "./machines";

export interface ClusterForm {
  name: string;
  description: string;
  provider: Provider;
  /** For the local provider; over SSH it follows from the hosts. */
  workers: string;
  hosts: string;
  user: string;
  keyFile: string;
  knownHosts: string;
  heapMb: string;
  lifetimeMinutes: string;
  idleMinutes: string;
  removeAfterRun: boolean;
}

export type ClusterField = Exclude<keyof ClusterForm, "removeAfterRun" | "provider">;
export type Faults = Partial<Record<ClusterField, string>>;

/** The form for a configuration: the defaults, or that of a cluster to make another one of. */
export function formFrom(config: ClusterConfig, provider: Provider = "local"): ClusterForm {
  return {
    name: "",
    description: "",
    provider,
    workers: String(config.workers),
    hosts: config.ssh?.hosts.join("\n") ?? "",
    user: config.ssh?.user ?? "",
    keyFile: config.ssh?.key_file ?? "",
    knownHosts: config.ssh?.known_hosts.join("\n") ?? "",
    heapMb: config.heap_mb == null ? "" : String(config.heap_mb),
    lifetimeMinutes: String(config.lifetime_minutes),
    idleMinutes: config.idle_minutes == null ? "" : String(config.idle_minutes),
    removeAfterRun: config.remove_after_run,
  };
}

export interface Checked {
  /** null while there are faults. */
  request: NewCluster | null;
  faults: Faults;
}

export function checkForm(form: ClusterForm, maxWorkers: number): Checked {
  const faults: Faults = {};
  const name = form.name.trim();
  if (name.length > 80) faults.name = "A name has at most 80 characters.";
  const nodes = form.provider === "ssh" ? checkMachines(form, maxWorkers, faults) : checkWorkers(form, maxWorkers, faults);
  const heap = form.heapMb.trim() === "" ? "chosen" : whole(form.heapMb);
  if (heap === null || (heap !== "chosen" && (heap < 64 || heap > 1_048_576))) faults.heapMb = "Give at least 64 MB, or leave it empty and JAC chooses.";
  const lifetime = whole(form.lifetimeMinutes);
  if (lifetime === null || lifetime < 1 || lifetime > 60 * 24 * 30) faults.lifetimeMinutes = "Give at least 1 minute and at most 30 days (43,200).";
  const idle = form.idleMinutes.trim() === "" ? "never" : whole(form.idleMinutes);
  if (idle === null || (idle !== "never" && idle < 1)) faults.idleMinutes = "Give at least 1 minute, or leave it empty for no limit.";

  if (Object.keys(faults).length > 0 || heap === null || lifetime === null || idle === null) return { request: null, faults };
  return {
    faults,
    request: {
      ...(name === "" ? {} : { name }),
      ...(form.description.trim() === "" ? {} : { description: form.description.trim() }),
      provider: form.provider,
      config: {
        ...nodes,
        heap_mb: heap === "chosen" ? null : heap,
        lifetime_minutes: lifetime,
        idle_minutes: idle === "never" ? null : idle,
        remove_after_run: form.removeAfterRun,
      },
    },
  };
}

type NodesPart = Pick<ClusterConfig, "workers" | "ssh">;

function checkWorkers(form: ClusterForm, maxWorkers: number, faults: Faults): NodesPart {
  const workers = whole(form.workers);
  if (workers === null || workers > maxWorkers) faults.workers = `Give a whole number from 0 to ${maxWorkers}. With 0 the master runs the plan alone.`;
  return { workers: workers ?? 0 };
}

function checkMachines(form: ClusterForm, maxWorkers: number, faults: Faults): NodesPart {
  const { hosts, fault } = readHosts(form.hosts, maxWorkers);
  if (fault !== null) faults.hosts = fault;
  const user = form.user.trim();
  if (user === "") faults.user = "Say who signs in on the machines.";
  const keyFile = form.keyFile.trim();
  if (keyFile.includes("PRIVATE KEY")) faults.keyFile = "This is a key itself. Keep it in its file on the server, and give that file’s path.";
  else if (!keyFile.startsWith("/")) faults.keyFile = "Give the whole path of the file on the server, from / on; ~ is not known there.";
  const keys = readKnownHosts(form.knownHosts, hosts);
  if (keys.fault !== null) faults.knownHosts = keys.fault;
  return { workers: Math.max(hosts.length - 1, 0), ssh: { hosts, user, key_file: keyFile, known_hosts: keys.lines } };
}

/** A whole number that is not negative; null for anything else. */
function whole(text: string): number | null {
  return /^\s*\d{1,9}\s*$/.test(text) ? Number(text) : null;
}

/** What the server's sentences are about. It sends sentences only; one that is not recognised is shown below the form instead. */
const ABOUT: [RegExp, ClusterField][] = [
  [/names no machine|\bhosts?\b/i, "hosts"],
  [/\bkey\b/i, "keyFile"],
  [/\buser\b/i, "user"],
  [/\bheap\b/i, "heapMb"],
  [/\blifetime\b/i, "lifetimeMinutes"],
  [/\bidle\b/i, "idleMinutes"],
  [/\bworkers\b/i, "workers"],
  [/\bname\b/i, "name"],
];

/** Puts the server's faults beside the fields they are about, as far as such a field is shown. */
export function placeFaults(details: string[], provider: Provider): { beside: Faults; rest: string[] } {
  const beside: Faults = {};
  const rest: string[] = [];
  for (const sentence of details) {
    const field = ABOUT.find(([pattern]) => pattern.test(sentence))?.[1];
    const shown = field === "workers" ? provider === "local" : field === "hosts" || field === "user" || field === "keyFile" ? provider === "ssh" : true;
    if (field === undefined || !shown) rest.push(sentence);
    else beside[field] = beside[field] === undefined ? sentence : `${beside[field]} ${sentence}`;
  }
  return { beside, rest };
}
