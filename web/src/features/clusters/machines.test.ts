import { describe, expect, it } from "vitest";
import { nameInFile, parseHost, readHosts, readKnownHosts } from "./machines";

const KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJdD7y3aLq454yWBdwLWbieU1ebz9/cu7/QEXn9OIeZJ";

describe("a host", () => {
  it.each([
    ["10.0.0.4", "10.0.0.4", 22],
    ["load-1.example.org:2222", "load-1.example.org", 2222],
    ["fe80::1", "fe80::1", 22],
    ["[fe80::1]:2222", "fe80::1", 2222],
    ["[fe80::1]", "fe80::1", 22],
  ])("%s has a name and a port", (text, name, port) => {
    expect(parseHost(text)).toEqual({ name, port });
  });
  it.each(["", ":22", "a:", "a:0", "a:99999", "a b", "-oProxyCommand=x", "$(x)", "[::1", "[::1]22"])("is not %j", (text) => {
    expect(parseHost(text)).toBeNull();
  });
  it("has its port in a known_hosts file only if that is not 22", () => {
    expect([nameInFile({ name: "Load-1", port: 22 }), nameInFile({ name: "::1", port: 2222 })]).toEqual(["load-1", "[::1]:2222"]);
  });
});

describe("hosts in the form", () => {
  it.each(["a,b,c", "a\nb\r\nc\n", " a, b\n c ", "a; b; c"])("%j are three", (text) => {
    expect(readHosts(text, 16)).toEqual({ hosts: ["a", "b", "c"], fault: null });
  });
  it("show all their errors", () => {
    const { fault } = readHosts("a, a:22, b:x", 1);
    expect(fault).toContain("Duplicate host a:22.");
    expect(fault).toContain("Invalid host “b:x”");
    expect(fault).toContain("at most 1 worker");
  });
  it("must be at least one", () => {
    expect(readHosts(" \n", 16).fault).toContain("at least one host");
  });
});

describe("known hosts", () => {
  it("keep the lines for the machines and drop the rest of a pasted file", () => {
    const mine = [`load-1,10.0.0.4 ${KEY}`, `[load-2]:2222 ${KEY} a comment`, `*.example.org,!bad.example.org ${KEY}`];
    const text = ["# load-1:22 SSH-2.0-OpenSSH_9.2", ...mine, `github.com ${KEY}`, ""].join("\n");
    expect(readKnownHosts(text, ["LOAD-1", "load-2:2222", "good.example.org"])).toEqual({ lines: mine, fault: null });
  });
  it("list every machine without a key", () => {
    const { lines, fault } = readKnownHosts(`load-1 ${KEY}\n*.example.org,!bad.example.org ${KEY}`, ["load-1", "load-1:2222", "bad.example.org"]);
    expect(lines).toEqual([`load-1 ${KEY}`]);
    expect(fault).toContain("No entry for [load-1]:2222");
    expect(fault).toContain("`ssh-keyscan -p 22 bad.example.org`");
  });
  it("leave hashed names to the server", () => {
    const line = `|1|F1E1KeoE/eEWhi10WpGv4OdiO6Y=|3988QV0VE8wmZL7suNrYQLITLCg= ${KEY}`;
    expect(readKnownHosts(line, ["load-1"])).toEqual({ lines: [line], fault: null });
  });
  it("do not accept a revoked key or a certificate authority as a machine's key", () => {
    const { lines, fault } = readKnownHosts(`@revoked load-1 ${KEY}`, ["load-1"]);
    expect(lines).toHaveLength(1);
    expect(fault).toContain("No entry for load-1");
  });
  it("report which line is invalid", () => {
    expect(readKnownHosts(`load-1 ${KEY}\nload-1 SHA256:abc`, ["load-1"]).fault).toContain("Line 2 is not a valid");
  });
  it("take dots and brackets of a pattern literally", () => {
    expect(readKnownHosts(`loadx1 ${KEY}`, ["load.1"]).lines).toEqual([]);
    expect(readKnownHosts(`load.1 ${KEY}`, ["loadx1"]).lines).toEqual([]);
  });
});
