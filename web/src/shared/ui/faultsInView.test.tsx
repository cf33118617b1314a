import { render, screen } from "@testing-library/react";
import { beforeEach, expect, it, vi } from "vitest";
import { goToFirstFault, useAnswerInView } from "./faultsInView";

function Form({ answer }: { answer: object | null }) {
  return (
    <div ref={useAnswerInView(answer)}>
      <details>
        <summary>More</summary>
        <div className="field">
          <label>
            Share <input aria-invalid />
          </label>
          <p className="field-fault">Must be a number.</p>
        </div>
      </details>
    </div>
  );
}

const isOpen = () => document.querySelector("details")?.open;
const field = () => document.querySelector(".field");
const seen = vi.spyOn(Element.prototype, "scrollIntoView");
beforeEach(() => seen.mockClear());

it("opens the part of a form that hides the first error", () => {
  render(<Form answer={null} />);
  goToFirstFault(document.body);
  expect([isOpen(), document.activeElement]).toEqual([true, screen.getByLabelText("Share")]);
  expect(seen.mock.contexts).toEqual([field()]);
});

it("opens it for an error of the server too", () => {
  const { rerender } = render(<Form answer={null} />);
  expect([isOpen(), seen.mock.contexts]).toEqual([false, []]);
  rerender(<Form answer={{}} />);
  expect([isOpen(), seen.mock.contexts]).toEqual([true, [field()]]);
});
