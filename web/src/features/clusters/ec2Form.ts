/**
 * The EC2 settings of the form: from the form to the configuration and back, and their errors. Pure; the rules are
 * those of the server, which checks again and then validates with AWS.
 */
import type { Distribution, Ec2Addresses, Ec2Config } from "@/shared/api/types";

export interface Ec2Form {
  region: string;
  masterType: string;
  workerType: string;
  /** In order of preference, separated by commas. */
  fallbackTypes: string;
  /** A distribution, or `id`: the one in `imageId`. */
  image: Distribution | "id";
  imageId: string;
  diskGb: string;
  spot: boolean;
  addresses: Ec2Addresses;
  /** A set's ID, `environment`, or `saved`: the only one. */
  credentials: string;
  vpc: string;
  /** One per line, or separated by commas. */
  subnets: string;
  securityGroup: string;
  sshFrom: string;
  keyName: string;
  /** `NAME=VALUE`, one per line. */
  tags: string;
  workersMayFail: string;
}

type Ec2Field =
  "region" | "masterType" | "workerType" | "fallbackTypes" | "image" | "imageId" | "diskGb" | "vpc" | "subnets" | "securityGroup" | "sshFrom" | "keyName" | "tags" | "workersMayFail" | "credentials";
export type Ec2Faults = Partial<Record<Ec2Field, string>>;

/** The fields in the collapsed part of the form. */
export const ADVANCED: Ec2Field[] = ["fallbackTypes", "vpc", "subnets", "securityGroup", "sshFrom", "keyName", "tags", "workersMayFail"];

export function ec2FormFrom(config: Ec2Config): Ec2Form {
  return {
    region: config.region ?? "",
    masterType: config.master_type,
    workerType: config.worker_type,
    fallbackTypes: config.fallback_worker_types.join(", "),
    image: "id" in config.image ? "id" : config.image.newest,
    imageId: "id" in config.image ? config.image.id : "",
    diskGb: String(config.disk_gb),
    spot: config.spot,
    addresses: config.addresses,
    credentials: config.credentials,
    vpc: config.vpc ?? "",
    subnets: config.subnets.join("\n"),
    securityGroup: config.security_group ?? "",
    sshFrom: config.ssh_from ?? "",
    keyName: config.key_name ?? "",
    tags: Object.entries(config.tags)
      .map(([name, value]) => `${name}=${value}`)
      .join("\n"),
    workersMayFail: String(config.workers_may_fail),
  };
}

/** The configuration from the form; each error is added to its field. */
export function checkEc2(form: Ec2Form, workers: number | null, faults: Ec2Faults): Ec2Config {
  if (form.credentials === "") faults.credentials = "Select the credentials to create the machines with.";
  const region = form.region.trim();
  if (region !== "" && !/^[a-z0-9-]{1,64}$/.test(region)) faults.region = "Invalid region. Expected e.g. eu-central-1, or empty.";
  for (const field of ["masterType", "workerType"] as const) {
    if (!isType(form[field].trim())) faults[field] = "Invalid instance type. Expected e.g. c6i.large.";
  }
  const fallbackTypes = listed(form.fallbackTypes);
  const wrongTypes = fallbackTypes.filter((type) => !isType(type));
  if (wrongTypes.length > 0) faults.fallbackTypes = `${wrongTypes.map((each) => `“${each}”`).join(", ")}: expected instance types, e.g. c5.large.`;
  else if (fallbackTypes.length > 10) faults.fallbackTypes = "At most 10 types.";
  const id = (field: Ec2Field, text: string, prefix: string): string | null => {
    const typed = text.trim();
    if (typed !== "" && !isId(typed, prefix)) faults[field] = `Must start with ${prefix}.`;
    return typed === "" ? null : typed;
  };
  const imageId = form.image === "id" ? id("imageId", form.imageId, "ami-") : null;
  if (form.image === "id" && imageId === null) faults.imageId = "Enter an image ID (ami-…) or select a distribution.";
  const disk = whole(form.diskGb);
  if (disk === null || disk < 8 || disk > 16_384) faults.diskGb = "Must be between 8 and 16,384 GB.";
  const subnets = listed(form.subnets);
  const wrong = subnets.filter((subnet) => !isId(subnet, "subnet-"));
  if (wrong.length > 0) faults.subnets = `${wrong.map((each) => `“${each}”`).join(", ")}: must start with subnet-.`;
  const sshFrom = form.sshFrom.trim();
  if (sshFrom !== "" && !isBlock(sshFrom)) faults.sshFrom = "Invalid CIDR block. Expected e.g. 203.0.113.7/32.";
  const tags = readTags(form.tags);
  if (tags.fault !== null) faults.tags = tags.fault;
  const mayFail = whole(form.workersMayFail);
  if (mayFail === null) faults.workersMayFail = "Must be a whole number (0 = none).";
  else if (workers !== null && mayFail > 0 && mayFail >= workers)
    faults.workersMayFail = workers < 2 ? "Must be 0 with fewer than 2 workers." : `At least one worker must launch: at most ${workers - 1}.`;
  return {
    region: region === "" ? null : region,
    credentials: form.credentials,
    master_type: form.masterType.trim(),
    worker_type: form.workerType.trim(),
    fallback_worker_types: fallbackTypes,
    image: form.image === "id" ? { id: imageId ?? "" } : { newest: form.image },
    vpc: id("vpc", form.vpc, "vpc-"),
    subnets,
    security_group: id("securityGroup", form.securityGroup, "sg-"),
    addresses: form.addresses,
    ssh_from: sshFrom === "" ? null : sshFrom,
    disk_gb: disk ?? 0,
    key_name: form.keyName.trim() === "" ? null : form.keyName.trim(),
    spot: form.spot,
    tags: tags.tags,
    workers_may_fail: mayFail ?? 0,
  };
}

/** The parts of a text separated by white space, commas or semicolons. */
function listed(text: string): string[] {
  return text.split(/[\s,;]+/).filter((each) => each !== "");
}

function isType(text: string): boolean {
  return /^(?=.*\.)[a-z0-9.-]{1,64}$/.test(text);
}

function isId(text: string, prefix: string): boolean {
  return text.startsWith(prefix) && /^[A-Za-z0-9]{1,64}$/.test(text.slice(prefix.length));
}

/** `a.b.c.d/n`. */
function isBlock(text: string): boolean {
  const [address = "", length = "", ...rest] = text.split("/");
  const bytes = address.split(".");
  return rest.length === 0 && bytes.length === 4 && bytes.every((byte) => /^(0|[1-9]\d{0,2})$/.test(byte) && Number(byte) <= 255) && /^\d{1,2}$/.test(length) && Number(length) <= 32;
}

function readTags(text: string): { tags: Record<string, string>; fault: string | null } {
  const tags = new Map<string, string>();
  const faults: string[] = [];
  for (const line of text
    .split(/\r?\n/)
    .map((each) => each.trim())
    .filter((each) => each !== "")) {
    const at = line.indexOf("=");
    const name = at < 0 ? "" : line.slice(0, at).trim();
    const value = line.slice(at + 1).trim();
    if (name === "") faults.push(`Invalid tag “${line}”. Expected NAME=VALUE.`);
    else if (tags.has(name)) faults.push(`Duplicate tag ${name}.`);
    else if (/^(jac:|aws:)/i.test(name) || name === "Name") faults.push(`The tag ${name} is reserved for JAC or AWS.`);
    else if (name.length > 127 || value.length > 255) faults.push(`The tag ${name.slice(0, 20)} is too long: at most 127 characters for a name, 255 for a value.`);
    else tags.set(name, value);
  }
  if (tags.size > 40) faults.push(`Too many tags (${tags.size}): at most 40.`);
  return { tags: Object.fromEntries(tags), fault: faults.length === 0 ? null : faults.join(" ") };
}

/** A non-negative integer; null for anything else. */
export function whole(text: string): number | null {
  return /^\s*\d{1,9}\s*$/.test(text) ? Number(text) : null;
}
