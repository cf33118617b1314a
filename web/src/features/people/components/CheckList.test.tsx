import { render, screen } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { useState } from "react";
import { expect, it } from "vitest";
import { CheckList } from "./CheckList";

const PEOPLE = Array.from({ length: 14 }, (_each, index) => ({ id: `u-${index}`, name: `Person ${index}` })).reverse();

function Members({ start }: { start: string[] }) {
  const [chosen, setChosen] = useState(start);
  return (
    <>
      <CheckList legend="Members" options={PEOPLE} chosen={chosen} onChange={setChosen} />
      <output>{chosen.join(" ")}</output>
    </>
  );
}

const names = () => screen.getAllByRole("checkbox").map((box) => (box as HTMLInputElement).labels?.[0]?.textContent);

it("has the chosen ones first and the others in the order of their numbers", () => {
  render(<Members start={["u-11"]} />);
  expect(names().slice(0, 4)).toEqual(["Person 11", "Person 0", "Person 1", "Person 2"]);
});

it("finds one of many by typing, and keeps what was chosen before", async () => {
  render(<Members start={["u-11"]} />);
  await userEvent.type(screen.getByRole("searchbox", { name: "Search members" }), "son 13");
  expect(names()).toEqual(["Person 13"]);
  await userEvent.click(screen.getByLabelText("Person 13"));
  expect(screen.getByRole("status").textContent).toBe("u-11 u-13");
});
