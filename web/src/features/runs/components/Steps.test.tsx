import { render, screen } from "@testing-library/react";
import { MemoryRouter } from "react-router";
import { expect, it } from "vitest";
import type { Run, RunStep } from "@/shared/api/types";
import { failedStep } from "../failedStep";
import { Steps } from "./Steps";

const step = (code: string, started_ms: number, ended_ms: number | null, params: object = {}): RunStep => ({ code, params: params as RunStep["params"], message: code, started_ms, ended_ms });
const show = (...steps: RunStep[]) => render(<Steps steps={steps} now="Running." at={90_000} />);

it("shows how long each step took, and the current one so far", () => {
  show(step("copying_files", 0, 4000), step("running", 4000, null));
  expect(screen.getAllByRole("listitem").map((each) => each.textContent.trim())).toEqual(["copying_files4\u00a0s", "running1\u00a0min\u00a026\u00a0s"]);
});

it("has a spinner for short steps, and no animation while the test runs", () => {
  const { unmount } = show(step("copying_files", 0, null));
  expect(screen.getByRole("img", { name: "in progress" })).toBeDefined();
  unmount();
  show(step("running", 0, null));
  expect(screen.queryByRole("img", { name: "in progress" })).toBeNull();
});

it("leads from the queue to the run that is waited for", () => {
  const waiting = { ...step("waiting_in_queue", 0, null, { run: "r-7", name: "shop at noon" }), message: "Waiting until shop at noon has ended." };
  render(
    <MemoryRouter>
      <Steps steps={[waiting]} now="" at={1000} />
    </MemoryRouter>,
  );
  expect(screen.getByRole("link", { name: "shop at noon" }).getAttribute("href")).toBe("/runs/r-7");
  expect(screen.getByRole("listitem").textContent).toContain(waiting.message);
});

it("says of a run that waits behind others how many there are", () => {
  show({ ...step("waiting_in_queue", 0, null, { ahead: 2 }), message: "Waiting behind 2 runs." });
  expect(screen.getByRole("listitem").textContent).toContain("Waiting behind 2 runs.");
  expect(screen.queryByRole("link")).toBeNull();
});

const failedBy = (code: string): Run["cause"] => ({ kind: "failed", reason: { code, params: {}, message: "" }, lost: null });

it.each([
  ["worker_did_not_start", "starting_workers"],
  ["log_incomplete", "collecting"],
])("of a run that failed by %s marks the step %s", (code, expected) => {
  const steps = [step("copying_files", 0, 1), step("starting_workers", 1, 2), step("collecting", 2, 3)];
  const failed = failedStep({ cause: failedBy(code), steps });
  expect(failed?.code).toBe(expected);
  render(<Steps steps={steps} now="" at={90_000} failed={failed} />);
  expect(screen.getAllByRole("img", { name: "failed" }).map((each) => each.closest("li")?.textContent.trim())).toEqual([`${expected}<1\u00a0s`]);
});

it("marks no step of a completed run", () => {
  expect(failedStep({ cause: { kind: "completed" }, steps: [step("running", 0, 1)] })).toBeNull();
});
