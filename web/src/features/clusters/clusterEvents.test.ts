import { expect, it } from "vitest";
import type { Cluster, ClusterEvent } from "@/shared/api/types";
import { causeLines, foldProgress, lastWord } from "./clusterEvents";

const event = (message: string, node: string | null = null): ClusterEvent => ({ id: 0, at_ms: 0, node, code: "ready", params: {}, message });
const progress = (message: string, done: number, node: string | null = null): ClusterEvent => ({ ...event(message, node), code: "sending", params: { what: message.split(":")[0], done } });

it("keeps the newest progress event of each node", () => {
  const events = [
    event("Requested."),
    progress("Sending JMeter: 1 of 88 MB.", 1, "master"),
    progress("Sending JMeter: 2 of 88 MB.", 2, "worker-1"),
    progress("Sending JMeter: 88 of 88 MB.", 88, "master"),
    progress("Fetching JMeter: 3 files.", 3),
    progress("Fetching JMeter: 70 files.", 70),
    event("Ready."),
  ];
  const folded = foldProgress(events, null);
  expect(folded.map(({ message }) => message)).toEqual(["Requested.", "Sending JMeter: 2 of 88 MB.", "Sending JMeter: 88 of 88 MB.", "Fetching JMeter: 70 files.", "Ready."]);
  expect(foldProgress(events, 1).map(({ message }) => message)).toEqual(["Requested.", "Sending JMeter: done.", "Sending JMeter: done.", "Fetching JMeter: done.", "Ready."]);
});

it("finds the latest event of a node and of the cluster", () => {
  const events = [event("Looking at a.", "master"), event("Requested."), progress("Sending JMeter: 1 of 88 MB.", 1, "master")];
  expect([lastWord(events, "master"), lastWord(events, "worker-1"), lastWord(events, null)]).toEqual(["Sending JMeter: 1 of 88 MB.", null, "Requested."]);
});

it("shows the errors of several nodes separately", () => {
  const fault = (message: string) => ({ code: "host_unfit", field: "/config/ssh/hosts/0", message });
  const faults = [fault("Load-1: it does not answer. It may be off."), fault("load-2:2222: no Java.")];
  const cluster = { cause: { code: "unfit", message: "Both sentences.", params: { faults } } } as unknown as Cluster;
  expect(causeLines(cluster)).toEqual(faults.map(({ message }) => message));
  expect(causeLines({ ...cluster, cause: { code: "idle", message: "Idle.", params: {} } })).toEqual(["Idle."]);
  expect(causeLines({ ...cluster, cause: null })).toEqual([]);
});
