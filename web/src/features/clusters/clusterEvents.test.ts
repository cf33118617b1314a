import { expect, it } from "vitest";
import type { Cluster, ClusterEvent } from "@/shared/api/types";
import { causeLines, foldProgress, lastWord } from "./clusterEvents";

const event = (text: string, node: string | null = null): ClusterEvent => ({ id: 0, at_ms: 0, node, text });

it("keeps the newest line of each progress, node by node", () => {
  const events = [
    event("Requested."),
    event("Sending JMeter: 1 of 88 MB.", "master"),
    event("Sending JMeter: 2 of 88 MB.", "worker-1"),
    event("Sending JMeter: 88 of 88 MB.", "master"),
    event("Fetching JMeter: 3 files."),
    event("Fetching JMeter: 70 files."),
    event("Ready."),
  ];
  const folded = foldProgress(events, null);
  expect(folded.map(({ text }) => text)).toEqual(["Requested.", "Sending JMeter: 2 of 88 MB.", "Sending JMeter: 88 of 88 MB.", "Fetching JMeter: 70 files.", "Ready."]);
  expect(foldProgress(events, 1).map(({ text }) => text)).toEqual(["Requested.", "Sending JMeter: done.", "Sending JMeter: done.", "Fetching JMeter: done.", "Ready."]);
});

it("finds the last word about a node and about the whole", () => {
  const events = [event("Looking at a.", "master"), event("Requested."), event("Sending JMeter: 1 of 88 MB.", "master")];
  expect([lastWord(events, "master"), lastWord(events, "worker-1"), lastWord(events, null)]).toEqual(["Sending JMeter: 1 of 88 MB.", null, "Requested."]);
});

it("tells the faults of several machines one by one", () => {
  const cluster = {
    cause: "Load-1: it does not answer. It may be off. load-2:2222: no Java. load-1: see load-2:2222: there.",
    config: { ssh: { hosts: ["load-1:22", "load-2:2222"] } },
  } as unknown as Cluster;
  expect(causeLines(cluster)).toEqual(["Load-1: it does not answer. It may be off.", "load-2:2222: no Java.", "load-1: see load-2:2222: there."]);
  expect(causeLines({ ...cluster, cause: null })).toEqual([]);
});
