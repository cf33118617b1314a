import { render, screen } from "@testing-library/react";
import { expect, it } from "vitest";
import { Steps } from "./Steps";

const step = (code: string, started_ms: number, ended_ms: number | null) => ({ code, message: code, started_ms, ended_ms });
const show = (...steps: ReturnType<typeof step>[]) => render(<Steps steps={steps} now="Running." at={90_000} />);

it("says how long each step took, and the open one up to now", () => {
  show(step("copying_files", 0, 4000), step("running", 4000, null));
  expect(screen.getAllByRole("listitem").map((each) => each.textContent.trim())).toEqual(["copying_files4\u00a0s", "running1\u00a0min\u00a026\u00a0s"]);
});

it("has a spinner for what is soon over, and nothing that moves while the test runs", () => {
  const { unmount } = show(step("copying_files", 0, null));
  expect(screen.getByRole("img", { name: "in progress" })).toBeDefined();
  unmount();
  show(step("running", 0, null));
  expect(screen.queryByRole("img", { name: "in progress" })).toBeNull();
});
