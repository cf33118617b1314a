import { screen, waitFor, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { beforeEach, expect, it } from "vitest";
import type { Annotation, Run } from "@/shared/api/types";
import { TimelineProvider } from "@/shared/charts/timeline";
import { fault, renderFor, sessionOf, testApi } from "@/test/api";
import { runOf } from "@/test/results";
import { useAnnotating } from "./useAnnotating";

const api = testApi();
const START = new Date(2026, 10, 23, 12).getTime();
const DEPLOYED: Annotation = { id: "a1", at_ms: START + 61_250, text: "Deployed 2.4", by: { id: "u-1", name: "Ann" }, written_ms: START };
const RUN = runOf({ id: "r-1", name: "peak", owner: { id: "u-1", name: "Ann" }, started_ms: START, annotations: [DEPLOYED] });

function Page({ run }: { run: Run }) {
  const { list, moments, pick, dialog } = useAnnotating(run, START + 5000);
  return (
    <TimelineProvider originMs={START} moments={moments} pick={pick}>
      {list}
      {dialog}
    </TimelineProvider>
  );
}
const list = () => screen.getByRole("region", { name: "Annotations" });
const dialog = () => within(screen.getByRole("dialog"));

beforeEach(() => api.answer("GET /runs/r-1", { body: RUN }));

it("lists each one with its time, and adds one at the run's current time", async () => {
  api.answer("POST /runs/r-1/annotations", { status: 201, body: DEPLOYED });
  renderFor(sessionOf("member"), <Page run={RUN} />);
  expect(within(list()).getByRole("listitem").textContent).toContain("12:01:01Deployed 2.4");
  await userEvent.click(screen.getByRole("button", { name: "Annotate" }));
  expect(dialog().getByLabelText<HTMLInputElement>("Time").value).toBe("2026-11-23T12:00:05");
  await userEvent.type(dialog().getByLabelText("Text"), "Cache flushed");
  await userEvent.click(dialog().getByRole("button", { name: "Save" }));
  await waitFor(() => expect(screen.queryByRole("dialog")).toBeNull());
  expect(api.changes()).toEqual([expect.objectContaining({ path: "/runs/r-1/annotations", body: { at_ms: START + 5000, text: "Cache flushed" } })]);
});

it("edits one without moving it, and removes it", async () => {
  api.answer("PUT /runs/r-1/annotations/a1", { body: RUN });
  api.answer("DELETE /runs/r-1/annotations/a1", { status: 204 });
  renderFor(sessionOf("member"), <Page run={RUN} />);
  const edit = screen.getByRole("button", { name: "Edit the annotation Deployed 2.4" });
  await userEvent.click(edit);
  await userEvent.type(dialog().getByLabelText("Text"), "!");
  await userEvent.click(dialog().getByRole("button", { name: "Save" }));
  await waitFor(() => expect(api.changes().at(-1)).toMatchObject({ path: "/runs/r-1/annotations/a1", body: { at_ms: DEPLOYED.at_ms, text: "Deployed 2.4!" } }));
  await waitFor(() => expect(screen.queryByRole("dialog")).toBeNull());
  await userEvent.click(edit);
  await userEvent.click(dialog().getByRole("button", { name: "Remove…" }));
  await userEvent.click(dialog().getByRole("button", { name: "Cancel" }));
  expect(dialog().getByLabelText<HTMLInputElement>("Text").value).toBe("Deployed 2.4");
  await userEvent.click(dialog().getByRole("button", { name: "Remove…" }));
  expect(api.changes()).toHaveLength(1);
  await userEvent.click(dialog().getByRole("button", { name: "Remove" }));
  await waitFor(() => expect(screen.queryByRole("dialog")).toBeNull());
});

it("shows the server's error at the field", async () => {
  api.answer("POST /runs/r-1/annotations", { status: 400, body: fault("annotation_invalid", "/text") });
  renderFor(sessionOf("member"), <Page run={RUN} />);
  await userEvent.click(screen.getByRole("button", { name: "Annotate" }));
  await userEvent.click(dialog().getByRole("button", { name: "Save" }));
  await waitFor(() => expect(dialog().getByLabelText("Text").getAttribute("aria-invalid")).toBe("true"));
});

it("is read-only for a viewer", () => {
  renderFor(sessionOf("viewer"), <Page run={RUN} />);
  expect(within(list()).queryByRole("button")).toBeNull();
});

it("is not shown to a viewer without annotations", () => {
  renderFor(sessionOf("viewer"), <Page run={{ ...RUN, annotations: [] }} />);
  expect(screen.queryByRole("region", { name: "Annotations" })).toBeNull();
});
