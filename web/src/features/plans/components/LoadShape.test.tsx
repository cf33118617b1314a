import { render } from "@testing-library/react";
import { expect, it } from "vitest";
import type { LoadShape as Shape } from "@/shared/api/types";
import { LoadShape } from "./LoadShape";

it("draws nothing without users, and gives the reason", () => {
  const shape: Shape = {
    total: [
      { at_ms: 0, users: 0 },
      { at_ms: 1000, users: 0 },
    ],
    groups: [],
    length_ms: 1000,
    notes: [{ code: "users_unknown", group: null, message: "The number of users is known only at run time." }],
  };
  const { container } = render(<LoadShape shape={shape} />);
  expect(container.querySelector("svg")).toBeNull();
  expect(container.textContent).toBe("The number of users is known only at run time.");
});
