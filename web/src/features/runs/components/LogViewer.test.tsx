import { screen, waitFor } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { expect, it } from "vitest";
import type { Run } from "@/shared/api/types";
import { renderFor, testApi } from "@/test/api";
import { runOf } from "@/test/results";
import { LogViewer } from "./LogViewer";

const api = testApi();
const NODES = [{ name: "worker-1" }] as Run["nodes"];
const file = (name: string) => ({ name, bytes: 1, stored_bytes: 1, compressed_name: null, media_type: "text/plain" });

it.each([
  ["running", [], null],
  ["running", ["nodes/worker-1/jmeter.log"], "/api/v1/runs/r-1/artefacts/nodes/worker-1/jmeter.log"],
  ["finished", ["nodes/worker-1/jmeter.log"], "/api/v1/runs/r-1/artefacts/nodes/worker-1/jmeter.log"],
] as const)("of a %s run with the files %j offers %s", async (phase, files, href) => {
  api.answer("GET /runs/r-1/logs/worker-1", { body: { text: "", from: 0, next: 0, size: 0 } });
  api.answer("GET /runs/r-1/artefacts", { body: files.map(file) });
  renderFor(undefined, <LogViewer run={runOf({ id: "r-1", name: "shop", phase, nodes: NODES })} />);
  await waitFor(() => expect(api.asked.some(({ path }) => path === "/runs/r-1/artefacts")).toBe(true));
  if (href === null) expect(screen.queryByRole("link", { name: "Download log" })).toBeNull();
  else expect((await screen.findByRole("link", { name: "Download log" })).getAttribute("href")).toBe(href);
});

it("of a finished run opens the first node that has a log", async () => {
  for (const node of ["master", "worker-1"]) api.answer(`GET /runs/r-1/logs/${node}`, { body: { text: "", from: 0, next: 0, size: 0 } });
  api.answer("GET /runs/r-1/artefacts", { body: [file("nodes/worker-1/jmeter.log")] });
  renderFor(undefined, <LogViewer run={runOf({ id: "r-1", name: "shop", phase: "finished", nodes: [{ name: "master" }, { name: "worker-1" }] as Run["nodes"] })} />);
  await waitFor(() => expect(screen.getByRole("button", { name: "worker-1" }).getAttribute("aria-pressed")).toBe("true"));
});

it("of a run with many nodes opens the selected one", async () => {
  const nodes = ["master", ...Array.from({ length: 16 }, (_, index) => `worker-${index + 1}`)];
  for (const node of nodes) api.answer(`GET /runs/r-1/logs/${node}`, { body: { text: `of ${node}\n`, from: 0, next: 10, size: 10 } });
  api.answer("GET /runs/r-1/artefacts", { body: [] });
  renderFor(undefined, <LogViewer run={runOf({ id: "r-1", name: "shop", phase: "finished", nodes: nodes.map((name) => ({ name })) as Run["nodes"] })} />);
  expect(await screen.findByText("of master")).toBeDefined();
  await userEvent.selectOptions(screen.getByRole("combobox", { name: "Node" }), "worker-16");
  expect(await screen.findByText("of worker-16")).toBeDefined();
});

it("shows the stack trace of an error among the warnings", async () => {
  const text = ["2026-11-23 01:12:06,000 INFO o.a.j: begins", "2026-11-23 01:12:07,000 ERROR o.a.j: failed", "\tat a.b.C", "2026-11-23 01:12:08,000 INFO o.a.j: goes on"].join("\n");
  api.answer("GET /runs/r-1/logs/worker-1", { body: { text, from: 0, next: text.length, size: text.length } });
  api.answer("GET /runs/r-1/artefacts", { body: [] });
  renderFor(undefined, <LogViewer run={runOf({ id: "r-1", name: "shop", phase: "finished", nodes: NODES })} />);
  await screen.findByText(/begins/);
  await userEvent.click(screen.getByRole("button", { name: "warnings" }));
  expect([...screen.getByRole("region", { name: "Log lines" }).children].map((line) => line.textContent)).toEqual(["2026-11-23 01:12:07,000 ERROR o.a.j: failed", "\tat a.b.C"]);
});
