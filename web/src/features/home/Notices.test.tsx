import { render, screen } from "@testing-library/react";
import { expect, it } from "vitest";
import { Notices } from "./Notices";

it("shows each notice of the server and its count", () => {
  render(
    <Notices
      notices={[
        { code: "disk_low", params: {}, message: "The disk is nearly full.", at_ms: Date.UTC(2026, 0, 2), count: 1 },
        { code: "task_panicked", params: {}, message: "A task failed.", at_ms: null, count: 3 },
      ]}
    />,
  );
  expect(screen.getByText(/The disk is nearly full/).textContent).toMatch(/2026-01-0\d /);
  expect(screen.getByText(/A task failed/).textContent).toContain("(3 times)");
});
