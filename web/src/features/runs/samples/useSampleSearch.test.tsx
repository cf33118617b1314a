import { screen, waitFor } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { expect, it } from "vitest";
import { TimelineProvider } from "@/shared/charts/timeline";
import { fault, renderFor, testApi } from "@/test/api";
import { runOf } from "@/test/results";
import { useSampleSearch } from "./useSampleSearch";

const api = testApi();
const RUN = runOf({ id: "r-1", name: "peak" });

function Page() {
  const { section, show } = useSampleSearch(RUN);
  return (
    <TimelineProvider originMs={0}>
      {["A", "B"].map((label) => (
        <button key={label} type="button" onClick={() => show({ label })}>
          {label}
        </button>
      ))}
      {section}
    </TimelineProvider>
  );
}

const link = (label: string) => userEvent.click(screen.getByRole("button", { name: label }));
const typed = () => screen.getByLabelText<HTMLInputElement>("Label").value;

it.each([
  ["after another one", ["B", "A"]],
  ["again", ["A"]],
])("a link from a table, followed %s, does not bring back what was typed before", async (_, links) => {
  api.answer("GET /runs/r-1/samples", { status: 404, body: fault("no_log") });
  renderFor(undefined, <Page />);
  await link("A");
  await waitFor(() => expect(typed()).toBe("^A$"));
  await userEvent.type(screen.getByLabelText("Label"), "x");
  expect(typed()).toBe("^A$x");
  for (const label of links) await link(label);
  await waitFor(() => expect(typed()).toBe("^A$"));
});
