import { render, screen } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { useState } from "react";
import { expect, it } from "vitest";
import { CheckList } from "./CheckList";

const PEOPLE = Array.from({ length: 14 }, (_each, index) => ({ id: `u-${index}`, name: `Person ${index}` }));

function Members({ more }: { more: boolean }) {
  const [chosen, setChosen] = useState(["u-11"]);
  const [text, setText] = useState("");
  const found = PEOPLE.filter(({ name }) => name.includes(text));
  return (
    <>
      <CheckList
        legend="Members"
        first={found.filter(({ id }) => id === "u-11")}
        found={found}
        more={more && text === ""}
        count={chosen.length}
        isChosen={({ id }) => chosen.includes(id)}
        text={text}
        onSearch={setText}
        onChange={({ id }, is) => setChosen(is ? [...chosen, id] : chosen.filter((each) => each !== id))}
      />
      <output>{chosen.join(" ")}</output>
    </>
  );
}

const names = () => screen.getAllByRole("checkbox").map((box) => (box as HTMLInputElement).labels?.[0]?.textContent);

it("shows the initial selection first and once, then the matches", () => {
  render(<Members more={false} />);
  expect(names().slice(0, 3)).toEqual(["Person 11", "Person 0", "Person 1"]);
  expect(names()).toHaveLength(14);
  expect(screen.queryByRole("searchbox")).toBeNull();
});

it("finds entries by typing, and keeps the earlier selection", async () => {
  render(<Members more />);
  await userEvent.type(screen.getByRole("searchbox", { name: "Search members" }), "son 13{Enter}");
  expect(names()).toEqual(["Person 13"]);
  await userEvent.click(screen.getByLabelText("Person 13"));
  expect(screen.getByRole("status").textContent).toBe("u-11 u-13");
});
