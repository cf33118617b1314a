import { act, render, screen } from "@testing-library/react";
import { expect, it } from "vitest";
import { scrollAway, scrollBack } from "@/test/sight";
import { WhileSeen } from "./WhileSeen";

it("updates its content while it is visible, not while it is out of view, and at once when it becomes visible", () => {
  const page = (second: number) => (
    <WhileSeen>
      <p>{`second ${second}`}</p>
    </WhileSeen>
  );
  const { rerender } = render(page(1));
  const shown = () => screen.getByText(/^second/).textContent;
  rerender(page(2));
  expect(shown()).toBe("second 2");
  act(scrollAway);
  rerender(page(3));
  expect(shown()).toBe("second 2");
  act(scrollBack);
  expect(shown()).toBe("second 3");
});
