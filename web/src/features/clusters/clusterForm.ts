/** The form for creating a cluster, and its errors: all at once. Pure. */
import type { ClusterConfig, Ec2Config, Fault, NewCluster, Provider } from "@/shared/api/types";
import { ADVANCED, checkEc2, ec2FormFrom, whole, type Ec2Form } from "./ec2Form";
import { readHosts, readKnownHosts } from "./machines";

export interface ClusterForm extends Ec2Form {
  name: string;
  description: string;
  provider: Provider;
  /** Over SSH it is derived from the hosts. */
  workers: string;
  hosts: string;
  user: string;
  /** A saved key's ID, or `file`: the one in `keyFile`; empty: none selected. */
  sshKey: string;
  keyFile: string;
  knownHosts: string;
  /** Empty: the server's own. */
  jmeterVersion: string;
  heapMb: string;
  lifetimeMinutes: string;
  idleMinutes: string;
  removeAfterRun: boolean;
}

/** The text fields. */
export type ClusterField = { [Field in keyof ClusterForm]: string extends ClusterForm[Field] ? Field : never }[keyof ClusterForm];
export type Faults = Partial<Record<ClusterField | "image", string>>;

/** A configuration that fills the form initially: with EC2 settings in it, for users who choose EC2. */
export type StartConfig = ClusterConfig & { ec2: Ec2Config };

/** The form for a configuration: the defaults, or the configuration of a cluster to copy. */
export function formFrom(config: StartConfig, provider: Provider = "local"): ClusterForm {
  return {
    ...ec2FormFrom(config.ec2),
    name: "",
    description: "",
    provider,
    workers: String(config.workers),
    hosts: config.ssh?.hosts.join("\n") ?? "",
    user: config.ssh?.user ?? "",
    sshKey: config.ssh?.key ?? (config.ssh?.key_file == null ? "" : "file"),
    keyFile: config.ssh?.key_file ?? "",
    knownHosts: config.ssh?.known_hosts.join("\n") ?? "",
    jmeterVersion: config.jmeter_version ?? "",
    heapMb: config.heap_mb == null ? "" : String(config.heap_mb),
    lifetimeMinutes: String(config.lifetime_minutes),
    idleMinutes: config.idle_minutes == null ? "" : String(config.idle_minutes),
    removeAfterRun: config.remove_after_run,
  };
}

export interface Checked {
  /** null while there are errors. */
  request: NewCluster | null;
  faults: Faults;
}

export function checkForm(form: ClusterForm, maxWorkers: number): Checked {
  const faults: Faults = {};
  const name = form.name.trim();
  if (name.length > 80) faults.name = "Must be at most 80 characters.";
  const nodes = checkNodes(form, maxWorkers, faults);
  const heap = form.heapMb.trim() === "" ? "chosen" : whole(form.heapMb);
  if (heap === null || (heap !== "chosen" && (heap < 64 || heap > 1_048_576))) faults.heapMb = "Must be at least 64 MB, or empty for automatic.";
  const lifetime = whole(form.lifetimeMinutes);
  if (lifetime === null || lifetime < 1 || lifetime > 60 * 24 * 30) faults.lifetimeMinutes = "Must be between 1 minute and 30 days (43,200 minutes).";
  const idle = form.idleMinutes.trim() === "" ? "never" : whole(form.idleMinutes);
  if (idle === null || (idle !== "never" && idle < 1)) faults.idleMinutes = "Must be at least 1 minute, or empty for no limit.";

  if (Object.keys(faults).length > 0 || heap === null || lifetime === null || idle === null) return { request: null, faults };
  return {
    faults,
    request: {
      ...(name === "" ? {} : { name }),
      ...(form.description.trim() === "" ? {} : { description: form.description.trim() }),
      provider: form.provider,
      config: {
        ...nodes,
        jmeter_home: null,
        jmeter_version: form.jmeterVersion === "" ? null : form.jmeterVersion,
        heap_mb: heap === "chosen" ? null : heap,
        lifetime_minutes: lifetime,
        idle_minutes: idle === "never" ? null : idle,
        remove_after_run: form.removeAfterRun,
      },
    },
  };
}

type NodesPart = Pick<ClusterConfig, "workers" | "ssh" | "ec2">;

function checkNodes(form: ClusterForm, maxWorkers: number, faults: Faults): NodesPart {
  if (form.provider === "ssh") return checkMachines(form, maxWorkers, faults);
  const typed = whole(form.workers);
  const workers = typed !== null && typed <= maxWorkers ? typed : null;
  if (workers === null) faults.workers = `Must be a whole number from 0 to ${maxWorkers}. 0 = master only.`;
  return { workers: workers ?? 0, ssh: null, ec2: form.provider === "ec2" ? checkEc2(form, workers, faults) : null };
}

function checkMachines(form: ClusterForm, maxWorkers: number, faults: Faults): NodesPart {
  const { hosts, fault } = readHosts(form.hosts, maxWorkers);
  if (fault !== null) faults.hosts = fault;
  const user = form.user.trim();
  if (user === "") faults.user = "SSH user is required.";
  const keyFile = form.keyFile.trim();
  if (form.sshKey === "") faults.sshKey = "Select an SSH key.";
  const isFile = form.sshKey === "file";
  if (isFile && keyFile.includes("PRIVATE KEY")) faults.keyFile = "This is a private key. Enter the path of its file on the server instead.";
  else if (isFile && !keyFile.startsWith("/")) faults.keyFile = "Enter an absolute path on the server (no ~).";
  const ssh = { hosts, user, key: isFile ? null : form.sshKey, key_file: isFile ? keyFile : null, known_hosts: checkKnownHosts(form, hosts, faults) };
  return { workers: Math.max(hosts.length - 1, 0), ssh, ec2: null };
}

function checkKnownHosts(form: ClusterForm, hosts: string[], faults: Faults): string[] {
  const keys = readKnownHosts(form.knownHosts, hosts);
  if (keys.fault !== null) faults.knownHosts = keys.fault;
  return keys.lines;
}

/** The form's fields by their JSON pointers in the request. */
const POINTERS: Record<string, keyof Faults> = {
  "/name": "name",
  "/config/workers": "workers",
  "/config/heap_mb": "heapMb",
  "/config/lifetime_minutes": "lifetimeMinutes",
  "/config/idle_minutes": "idleMinutes",
  "/config/jmeter_version": "jmeterVersion",
  "/config/jmeter_home": "jmeterVersion",
  "/config/ssh/hosts": "hosts",
  "/config/ssh/user": "user",
  "/config/ssh/key": "sshKey",
  "/config/ssh/key_file": "keyFile",
  "/config/ssh/known_hosts": "knownHosts",
  "/config/ec2/region": "region",
  "/config/ec2/credentials": "credentials",
  "/config/ec2/master_type": "masterType",
  "/config/ec2/worker_type": "workerType",
  "/config/ec2/fallback_worker_types": "fallbackTypes",
  "/config/ec2/image": "image",
  "/config/ec2/vpc": "vpc",
  "/config/ec2/subnets": "subnets",
  "/config/ec2/security_group": "securityGroup",
  "/config/ec2/ssh_from": "sshFrom",
  "/config/ec2/key_name": "keyName",
  "/config/ec2/disk_gb": "diskGb",
  "/config/ec2/tags": "tags",
  "/config/ec2/workers_may_fail": "workersMayFail",
};

/** The field of a pointer, or of the list or map that it points into; null: no field that is shown for this provider. */
function fieldAt(pointer: string, form: ClusterForm): keyof Faults | null {
  const of = /^\/config\/(ssh|ec2)\//.exec(pointer)?.[1];
  if (of !== undefined && of !== form.provider) return null;
  const field = POINTERS[pointer] ?? POINTERS[pointer.slice(0, pointer.lastIndexOf("/"))] ?? null;
  if (field === "image") return form.image === "id" ? "imageId" : "image";
  // Over SSH the number of workers is derived from the hosts.
  return field === "workers" && form.provider === "ssh" ? "hosts" : field;
}

/** Assigns the server's errors to their fields, if these are shown. */
export function placeFaults(faults: Fault[], form: ClusterForm): { beside: Faults; rest: string[] } {
  const beside: Faults = {};
  const rest: string[] = [];
  for (const { field: pointer, message } of faults) {
    const field = pointer === null ? null : fieldAt(pointer, form);
    if (field === null) rest.push(message);
    else beside[field] = beside[field] === undefined ? message : `${beside[field]} ${message}`;
  }
  return { beside, rest };
}

/** Whether an error is hidden in the collapsed part of the form. */
export function isBelowFold(faults: Faults): boolean {
  return ADVANCED.some((field) => faults[field] !== undefined);
}
