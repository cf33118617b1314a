import { render, screen, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import type { ReactNode } from "react";
import { BrowserRouter, MemoryRouter } from "react-router";
import { expect, it } from "vitest";
import { TimelineProvider } from "@/shared/charts/timeline";
import { entryOf, summaryOf } from "@/test/results";
import { PartsOfTransactions, Transactions } from "../transactions";
import type { ChosenLabels } from "../useChosenLabels";
import { EntryTable } from "./EntryTable";

const SUMMARY = summaryOf([entryOf("Home"), entryOf("Login", { errors: 3, error_percent: 3 }), entryOf("Purchase")], { samples: 200 });

function choiceOf(...chosen: string[]): ChosenLabels {
  return { chosen, offered: new Set(["Home", "Login"]), slots: new Map(), onToggle: () => undefined, onClear: () => undefined };
}

function shown(table: ReactNode, url = "/") {
  return render(
    <MemoryRouter initialEntries={[url]}>
      <Transactions value={new Set(["Purchase"])}>
        <TimelineProvider originMs={0}>{table}</TimelineProvider>
      </Transactions>
    </MemoryRouter>,
  );
}

it("marks the transaction only", () => {
  shown(<EntryTable summary={SUMMARY} choice={null} apdex={null} showSamples={null} empty="" />);
  expect(within(screen.getByRole("row", { name: /^Purchase/ })).getByText("transaction")).toBeDefined();
  expect(screen.getAllByText("transaction")).toHaveLength(1);
});

it("collapses the samples if there are transactions", async () => {
  const { unmount } = shown(<EntryTable summary={SUMMARY} choice={null} apdex={null} showSamples={null} empty="" />);
  await userEvent.click(screen.getByRole("button", { name: "Transactions only" }));
  expect(screen.getAllByRole("row").map((row) => row.querySelector("td")?.textContent)).toEqual([undefined, "Total", "Purchasetransaction"]);
  await userEvent.click(screen.getByRole("button", { name: "Transactions only" }));
  expect(screen.getAllByRole("row")).toHaveLength(5);
  unmount();
  shown(<EntryTable summary={summaryOf([entryOf("Home")])} choice={null} apdex={null} showSamples={null} empty="" />);
  expect(screen.queryByRole("button", { name: "Transactions only" })).toBeNull();
});

it("folds what is inside a transaction where the plan says what that is, and keeps it in the URL", async () => {
  // What a page keeps in its URL is read from the window's.
  window.history.replaceState(null, "", "/");
  render(
    <BrowserRouter>
      <TimelineProvider originMs={0}>
        <PartsOfTransactions value={{ Purchase: ["Login", "Not here"] }}>
          <EntryTable summary={SUMMARY} choice={choiceOf()} apdex={null} showSamples={null} empty="" />
        </PartsOfTransactions>
      </TimelineProvider>
    </BrowserRouter>,
  );
  const url = () => window.location.search;
  const names = () => [...screen.getAllByRole("row")].map((row) => row.querySelector(".label-name")?.firstChild?.textContent).filter((name) => name !== undefined);
  expect(names()).toEqual(["Home", "Purchase", "Login"]);
  const fold = () => screen.getByRole("button", { name: "1 label in Purchase" });
  expect(fold().getAttribute("aria-expanded")).toBe("true");
  await userEvent.click(fold());
  expect(screen.getByText("2 of 3")).toBeDefined();
  expect([names(), fold().getAttribute("aria-expanded"), url()]).toEqual([["Home", "Purchase"], "false", "?labels.fold=Purchase"]);
  // Sorted, all labels are in one list, also those of a collapsed transaction.
  const samples = () => screen.getByRole("button", { name: /^Samples/ });
  await userEvent.click(samples());
  expect(names()).toHaveLength(3);
  expect(screen.queryByRole("button", { name: /in Purchase/ })).toBeNull();
  await userEvent.click(samples());
  await userEvent.click(samples());
  expect(names()).toEqual(["Home", "Purchase"]);
  await userEvent.click(fold());
  expect([names(), url()]).toEqual([["Home", "Purchase", "Login"], ""]);
});

it("has nothing to fold where no label is known to be inside one", () => {
  shown(
    <PartsOfTransactions value={{ Purchase: ["Not here"] }}>
      <EntryTable summary={SUMMARY} choice={null} apdex={null} showSamples={null} empty="" />
    </PartsOfTransactions>,
  );
  expect(screen.queryByRole("button", { name: /in Purchase/ })).toBeNull();
});

it("says how many labels have charts, and shows the selected ones alone", async () => {
  shown(<EntryTable summary={SUMMARY} choice={choiceOf("Login")} apdex={null} showSamples={null} empty="" />);
  expect(screen.getByText("charts for the 2 busiest")).toBeDefined();
  expect(screen.getAllByRole("checkbox")).toHaveLength(2);
  await userEvent.click(screen.getByRole("button", { name: "Show selected" }));
  expect(screen.getAllByRole("row").map((row) => row.querySelector("td")?.textContent)).toEqual([undefined, "Total", "Login"]);
});

it("says that its figures are of the whole run while the charts are zoomed", () => {
  const { unmount } = shown(<EntryTable summary={SUMMARY} choice={null} apdex={null} showSamples={null} empty="" />);
  expect(screen.queryByText("whole run")).toBeNull();
  unmount();
  shown(<EntryTable summary={SUMMARY} choice={null} apdex={null} showSamples={null} empty="" />, "/?zoom=1000-2000");
  expect(screen.getByText("whole run")).toBeDefined();
});

it("sorts and filters", async () => {
  const many = summaryOf(Array.from({ length: 9 }, (_, index) => entryOf(`label ${index}`, { errors: index })));
  shown(<EntryTable summary={many} choice={null} apdex={null} showSamples={null} empty="" />);
  const first = () => screen.getAllByRole("row")[2]?.querySelector("td")?.textContent;
  await userEvent.click(screen.getByRole("button", { name: "Errors" }));
  expect(first()).toBe("label 8");
  await userEvent.type(screen.getByRole("searchbox", { name: "Filter Labels" }), "5");
  expect(first()).toBe("label 5");
  expect(screen.getAllByRole("row")).toHaveLength(3);
});

it("offers the highest percentile, and mean latency and connect time, which a log may lack", async () => {
  const summary = summaryOf([entryOf("Home", { p999_ms: 4321, latency_ms: 61.5, connect_ms: 0.5 }), entryOf("Login", { p999_ms: null, latency_ms: null, connect_ms: null })]);
  shown(<EntryTable summary={summary} choice={null} apdex={null} showSamples={null} empty="" />);
  const heads = () => screen.getAllByRole("columnheader").map((head) => head.textContent);
  const more = ["p99.9", "Latency, mean", "Connect, mean"];
  expect(heads()).not.toEqual(expect.arrayContaining(more));
  await userEvent.click(screen.getByRole("button", { name: "Columns of Labels" }));
  for (const name of more) await userEvent.click(screen.getByRole("checkbox", { name }));
  expect(heads()).toEqual(expect.arrayContaining(more));
  const cells = (row: RegExp) => [...screen.getByRole("row", { name: row }).querySelectorAll("td")].map((cell) => cell.textContent);
  expect(cells(/^Home/)).toEqual(expect.arrayContaining(["4,321\u00a0ms", "62\u00a0ms", "0.5\u00a0ms"]));
  expect(cells(/^Login/).filter((text) => text === "–")).toHaveLength(3);
});

it("shows cards on a phone, in which a label is still selected for the charts", async () => {
  const wide = window.innerWidth;
  window.happyDOM.setViewport({ width: 390 });
  try {
    const toggled: string[] = [];
    shown(<EntryTable summary={SUMMARY} choice={{ ...choiceOf("Home"), onToggle: (label) => toggled.push(label) }} apdex={null} showSamples={null} empty="" />);
    expect(screen.queryByRole("table")).toBeNull();
    expect(screen.getAllByRole("listitem").map((card) => card.querySelector(".row-card-name")?.textContent)).toEqual(["Total", "Home", "Login", "Purchasetransaction"]);
    await userEvent.click(screen.getByRole("checkbox", { name: "Login" }));
    expect(toggled).toEqual(["Login"]);
  } finally {
    window.happyDOM.setViewport({ width: wide });
  }
});
