/**
 * The machines of a cluster over SSH in the form: hosts and their host keys. Pure; the rules are those of
 * the server, which checks again.
 */
import { plural } from "@/shared/format/numbers";

export interface Host {
  name: string;
  port: number;
}

/** `HOST`, `HOST:PORT` or `[IPv6]:PORT`; null for an invalid text. */
export function parseHost(text: string): Host | null {
  const bracketed = /^\[([^\]]*)\](?::(.*))?$/.exec(text);
  // More than one colon without brackets is an IPv6 address without a port.
  const plain = /^([^:]*):([^:]*)$/.exec(text);
  const [name = "", port = "22"] = bracketed !== null ? [bracketed[1], bracketed[2]] : plain !== null ? [plain[1], plain[2]] : [text];
  if (!/^(?!-)[A-Za-z0-9._:%-]+$/.test(name) || !/^\d{1,5}$/.test(port)) return null;
  const number = Number(port);
  return number > 0 && number <= 65_535 ? { name, port: number } : null;
}

/** The name in a `known_hosts` file: with the port only if that is not 22. */
export function nameInFile({ name, port }: Host): string {
  return port === 22 ? name.toLowerCase() : `[${name.toLowerCase()}]:${port}`;
}

export interface TypedHosts {
  /** In the order typed: the master first. */
  hosts: string[];
  fault: string | null;
}

/** One per line, or separated by commas. */
export function readHosts(text: string, maxWorkers: number): TypedHosts {
  const hosts = text.split(/[\s,;]+/).filter((host) => host !== "");
  const faults: string[] = [];
  const seen = new Set<string>();
  for (const text of hosts) {
    const host = parseHost(text);
    if (host === null) faults.push(`Invalid host “${text}”. Expected HOST, HOST:PORT or [IPv6]:PORT.`);
    else if (seen.has(`${host.name} ${host.port}`)) faults.push(`Duplicate host ${text}.`);
    else seen.add(`${host.name} ${host.port}`);
  }
  if (hosts.length === 0) faults.push("Enter at least one host: the first is the master, the others are workers.");
  if (hosts.length > maxWorkers + 1) faults.push(`Too many hosts (${hosts.length}): a cluster has one master and at most ${plural(maxWorkers, "worker")}.`);
  return { hosts, fault: faults.length === 0 ? null : faults.join(" ") };
}

export interface TypedKeys {
  /** The lines that may be for one of the machines. */
  lines: string[];
  fault: string | null;
}

/**
 * Lines of a `known_hosts` file. Those for other machines are removed, so a whole file can be pasted: the rest of it is
 * private. A hashed name may be any host's; only the server can check it.
 */
export function readKnownHosts(text: string, hosts: string[]): TypedKeys {
  const machines = hosts.flatMap((host) => parseHost(host) ?? []);
  const lines: string[] = [];
  const faults: string[] = [];
  const unknown = new Map(machines.map((host) => [nameInFile(host), host]));
  for (const [index, line] of text.split(/\r?\n/).entries()) {
    const written = line.trim();
    if (written === "" || written.startsWith("#")) continue;
    const fields = written.split(/\s+/);
    const marker = written.startsWith("@") ? fields.shift() : undefined;
    const [names, kind, key] = fields;
    if (names === undefined || kind === undefined || key === undefined || !/^[A-Za-z0-9+/]+=*$/.test(key)) {
      faults.push(`Line ${index + 1} is not a valid known_hosts entry (host, key type, key).`);
      continue;
    }
    const about = machines.filter((host) => mayBeAbout(names, nameInFile(host)));
    if (about.length > 0) lines.push(written);
    if (marker === undefined) for (const host of about) unknown.delete(nameInFile(host));
  }
  for (const host of unknown.values()) {
    faults.push(`No entry for ${nameInFile(host)}: add the verified output of \`ssh-keyscan -p ${host.port} ${host.name}\`.`);
  }
  return { lines, fault: faults.length === 0 ? null : faults.join(" ") };
}

function mayBeAbout(names: string, name: string): boolean {
  const entries = names.split(",");
  // A negated pattern applies regardless of its position.
  if (entries.some((entry) => entry.startsWith("!") && matches(entry.slice(1), name))) return false;
  return entries.some((entry) => entry.startsWith("|1|") || (!entry.startsWith("!") && matches(entry, name)));
}

/** `*` is any text, `?` any character; a pattern with many stars matches nothing, as on the server. */
function matches(pattern: string, name: string): boolean {
  if (pattern.split("*").length > 5) return false;
  const source = pattern
    .replace(/[.+^${}()|[\]\\]/g, "\\$&")
    .replaceAll("*", ".*")
    .replaceAll("?", ".");
  return new RegExp(`^${source}$`, "i").test(name);
}
