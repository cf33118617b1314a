import { render, screen } from "@testing-library/react";
import { expect, it } from "vitest";
import type { RunFacts } from "@/shared/api/types";
import { Workers } from "./Workers";

it("shows the difference between the workers' starts, and whose log is incomplete", () => {
  const nodes = [
    { name: "worker-1", first_sample_ms: 1_000, clock_offset_ms: null, lost_ms: null, log: { bytes: 9, whole: true } },
    { name: "worker-2", first_sample_ms: 1_120, clock_offset_ms: 7, lost_ms: 5_000, log: { bytes: 3, whole: false } },
  ];
  const { rerender } = render(<Workers run={{ nodes, start_skew_ms: 120 } as RunFacts} />);
  expect(screen.getByText(/first samples within 120/)).toBeDefined();
  expect(screen.getByRole("row", { name: /worker-1.*verified/ })).toBeDefined();
  expect(screen.getByRole("row", { name: /worker-2.*120.*7.*incomplete/ })).toBeDefined();
  rerender(<Workers run={null} />);
  expect(screen.queryByText("Workers")).toBeNull();
});
