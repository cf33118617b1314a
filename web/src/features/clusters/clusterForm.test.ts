import { describe, expect, it } from "vitest";
import type { ClusterConfig } from "@/shared/api/types";
import { checkForm, formFrom, isBelowFold, placeFaults, type StartConfig } from "./clusterForm";
import { sumWords } from "./clusterWords";
import { EC2 } from "./ec2Form.fixture";

const defaults: ClusterConfig = { workers: 2, heap_mb: null, lifetime_minutes: 120, idle_minutes: 30, remove_after_run: false, jmeter_home: null, jmeter_version: null, ssh: null, ec2: null };
const start: StartConfig = { ...defaults, ec2: EC2 };

describe("the create form", () => {
  it("sends the defaults unchanged", () => {
    expect(checkForm(formFrom(start), 16)).toEqual({ faults: {}, request: { provider: "local", config: defaults } });
  });
  it("lists all errors at once", () => {
    const form = { ...formFrom(start), workers: "10000", heapMb: "8", lifetimeMinutes: "0", idleMinutes: "x", name: "n".repeat(81) };
    const { request, faults } = checkForm(form, 16);
    expect(request).toBeNull();
    expect(Object.keys(faults).sort()).toEqual(["heapMb", "idleMinutes", "lifetimeMinutes", "name", "workers"]);
  });
  it.each(["-1", "1.5", "", "two"])("rejects %s workers", (workers) => {
    expect(checkForm({ ...formFrom(start), workers }, 16).faults.workers).toContain("0 to 16");
  });
});

const KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJdD7y3aLq454yWBdwLWbieU1ebz9/cu7/QEXn9OIeZJ";

describe("the create form for machines over SSH", () => {
  const empty = formFrom(start, "ssh");
  const filled = {
    ...empty,
    workers: "nonsense",
    hosts: "load-1\nload-2:2222, load-3",
    user: " jac ",
    sshKey: "file",
    keyFile: "/home/me/.ssh/jac_key",
    knownHosts: `load-1 ${KEY}\n[load-2]:2222 ${KEY}\nother ${KEY}\nload-3 ${KEY}`,
  };

  it("derives the workers from the hosts, and sends only the host keys of these hosts", () => {
    expect(checkForm(filled, 16)).toEqual({
      faults: {},
      request: {
        provider: "ssh",
        config: {
          ...defaults,
          workers: 2,
          ssh: {
            hosts: ["load-1", "load-2:2222", "load-3"],
            user: "jac",
            key: null,
            key_file: "/home/me/.ssh/jac_key",
            known_hosts: [`load-1 ${KEY}`, `[load-2]:2222 ${KEY}`, `load-3 ${KEY}`],
          },
        },
      },
    });
  });
  it("turns a cluster's configuration into the same one again", () => {
    const { request } = checkForm(filled, 16);
    expect(request).not.toBeNull();
    if (request !== null) expect(checkForm(formFrom({ ...start, ...request.config, ec2: EC2 }, "ssh"), 16)).toEqual({ faults: {}, request });
  });
  it("lists all errors at once", () => {
    expect(Object.keys(checkForm({ ...empty, lifetimeMinutes: "0" }, 16).faults).sort()).toEqual(["hosts", "lifetimeMinutes", "sshKey", "user"]);
    expect(Object.keys(checkForm({ ...filled, knownHosts: "" }, 16).faults)).toEqual(["knownHosts"]);
  });
  it.each(["~/.ssh/id", "id", "", "-----BEGIN OPENSSH PRIVATE KEY-----"])("rejects %j as the key file", (keyFile) => {
    expect(checkForm({ ...filled, keyFile }, 16).faults.keyFile).toContain("on the server");
  });
  it("sends a saved key by its ID, without a file", () => {
    const { request } = checkForm({ ...filled, sshKey: "k-1" }, 16);
    expect(request?.config.ssh).toMatchObject({ key: "k-1", key_file: null, user: "jac" });
  });
  it("drops the machines when the provider is changed back to local", () => {
    const { request } = checkForm({ ...filled, provider: "local", workers: "1" }, 16);
    expect(request).toEqual({ provider: "local", config: { ...defaults, workers: 1 } });
  });
});

describe("the create form for EC2", () => {
  const form = { ...formFrom(start, "ec2"), region: "eu-central-1" };

  it("sends the defaults with what was typed", () => {
    expect(checkForm(form, 16)).toEqual({ faults: {}, request: { provider: "ec2", config: { ...defaults, ec2: { ...EC2, region: "eu-central-1" } } } });
  });
  it("turns a cluster's configuration into the same one again", () => {
    const config: StartConfig = {
      ...start,
      heap_mb: 2048,
      ec2: { ...EC2, image: { id: "ami-0abc" }, subnets: ["subnet-1", "subnet-2"], tags: { team: "shop", note: "a=b" }, addresses: "private", spot: true, workers_may_fail: 1 },
    };
    expect(checkForm(formFrom(config, "ec2"), 16).request?.config).toEqual(config);
  });
  it("requires credentials if none are selected", () => {
    expect(Object.keys(checkForm({ ...form, credentials: "" }, 16).faults)).toEqual(["credentials"]);
    expect(checkForm({ ...form, credentials: "c-1" }, 16).request?.config.ec2?.credentials).toBe("c-1");
  });
  it("lists the errors of all parts at once, and reports when one is in the collapsed part", () => {
    const { request, faults } = checkForm({ ...form, workers: "x", masterType: "big", lifetimeMinutes: "0" }, 16);
    expect(request).toBeNull();
    expect(Object.keys(faults).sort()).toEqual(["lifetimeMinutes", "masterType", "workers"]);
    expect(isBelowFold(faults)).toBe(false);
    expect(isBelowFold(checkForm({ ...form, vpc: "x" }, 16).faults)).toBe(true);
  });
});

describe("the server's errors", () => {
  const at = (field: string | null, message: string) => ({ code: "malformed", field, message });
  it("are shown at their fields, several at one of them", () => {
    const faults = [at("/config/ssh/hosts", "A."), at("/config/ssh/hosts/1", "B."), at("/config/ssh/key", "C."), at("/config/heap_mb", "D."), at("/config/workers", "E.")];
    expect(placeFaults(faults, formFrom(start, "ssh"))).toEqual({ beside: { hosts: "A. B. E.", sshKey: "C.", heapMb: "D." }, rest: [] });
  });
  it("are shown at the image ID if one was entered, otherwise at the image choice", () => {
    const form = formFrom(start, "ec2");
    expect(placeFaults([at("/config/ec2/image", "A.")], { ...form, image: "debian12" }).beside).toEqual({ image: "A." });
    expect(placeFaults([at("/config/ec2/image", "A.")], { ...form, image: "id" }).beside).toEqual({ imageId: "A." });
    expect(placeFaults([at("/config/ec2/subnets/0", "B."), at("/config/ec2/tags", "C."), at("/config/ec2/key_name", "D.")], form).beside).toEqual({ subnets: "B.", tags: "C.", keyName: "D." });
  });
  it("are not lost if this provider's form has no such field", () => {
    expect(placeFaults([at(null, "Something new."), at("/provider", "Off."), at("/config/ssh/hosts", "A.")], formFrom(start)).rest).toEqual(["Something new.", "Off.", "A."]);
  });
});

describe("the summary of a configuration", () => {
  const plain = (text: string) => text.replaceAll("\u00a0", " ");
  it("is shown for local processes", () => {
    expect(plain(sumWords({ provider: "local", config: defaults }))).toBe("1 master + 2 workers as local processes, automatic heap, max 2 h, idle timeout 30 min");
  });
  it("is shown for EC2", () => {
    const config = { ...defaults, ec2: { ...EC2, region: "eu-central-1", spot: true } };
    expect(plain(sumWords({ provider: "ec2", config }))).toBe("1 master + 2 workers on Amazon EC2 in eu-central-1 (spot), heap: half of the memory, max 2 h, idle timeout 30 min");
  });
  it.each([
    [2, "1 master + 2 workers on 3 machines over SSH"],
    [0, "1 master, no workers on 1 machine over SSH"],
  ])("is shown for %i workers over SSH", (workers, words) => {
    expect(plain(sumWords({ provider: "ssh", config: { ...defaults, workers } }))).toMatch(new RegExp(`^${words.replace("+", "\\+")}, automatic heap`));
  });
});
