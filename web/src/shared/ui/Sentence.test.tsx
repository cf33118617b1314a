import { render } from "@testing-library/react";
import { expect, it } from "vitest";
import { Sentence } from "./Sentence";

it.each([
  ["get it with `ssh-keyscan a`, then `b`.", ["ssh-keyscan a", "b"], "get it with ssh-keyscan a, then b."],
  ["no code", [], "no code"],
  ["one ` alone", [], "one ` alone"],
])("of %j, code is %j", (text, code, words) => {
  const { container } = render(<Sentence text={text} />);
  expect([...container.querySelectorAll("code")].map((each) => each.textContent)).toEqual(code);
  expect(container.textContent).toBe(words);
});
