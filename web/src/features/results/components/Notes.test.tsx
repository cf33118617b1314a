import { render } from "@testing-library/react";
import { expect, it } from "vitest";
import { entryOf, summaryOf } from "@/test/results";
import { Notes } from "./Notes";

const note = (code: string, message: string) => ({ code, message, params: {} });
const tones = (container: HTMLElement) => [...container.querySelectorAll(".note")].map((each) => [each.className.replace("note note-", ""), each.textContent.trim()]);

it("shows what puts figures in doubt as a warning, and other notes as information", () => {
  const summary = summaryOf([entryOf("Home")], {}, { notes: [note("transactions_not_in_total", "Explained."), note("values_unread", "Doubtful.")] });
  const { container } = render(
    <Notes summary={summary} cause={null} notes={[note("transactions_not_in_total", "Explained."), note("values_unread", "Doubtful."), note("generators_busy", "A node was busy.")]} />,
  );
  expect(tones(container)).toEqual([
    ["info", "Explained."],
    ["attention", "Doubtful."],
    ["attention", "A node was busy."],
  ]);
});

it("reports unreadable rows only once", () => {
  const summary = summaryOf([entryOf("Home")], {}, { rejected_rows: 3, notes: [note("rows_unread", "3 rows could not be read.")] });
  expect(tones(render(<Notes summary={summary} cause={null} notes={[note("rows_unread", "3 rows could not be read.")]} />).container)).toHaveLength(1);
  const untold = summaryOf([entryOf("Home")], {}, { rejected_rows: 3 });
  expect(tones(render(<Notes summary={untold} cause={null} notes={[note("generators_busy", "A row of servers was busy.")]} />).container)).toEqual([
    ["attention", "3 rows could not be parsed and are not counted."],
    ["attention", "A row of servers was busy."],
  ]);
});

it("collapses notes that do not fail the run into one line", () => {
  const notes = [note("transactions_not_in_total", "Explained."), note("generators_busy", "A node was busy."), note("values_unread", "Doubtful.")];
  const { container } = render(
    <Notes summary={null} cause={{ kind: "auto_stopped", rule: "error_percent >= 90% for 60s", actual: 95, unit: "%", since_ms: 0, node: null } as never} notes={notes} folded />,
  );
  expect(tones(container).map(([tone]) => tone)).toEqual(["failed", "attention notes-folded"]);
  expect(container.querySelector("summary")?.textContent).toBe("3 notes A node was busy.");
  expect(container.querySelector("details")?.open).toBe(false);
  expect([...container.querySelectorAll("li")].map((each) => each.textContent)).toEqual(notes.map(({ message }) => message));
});

it("shows a single note expanded", () => {
  const { container } = render(<Notes summary={null} cause={null} notes={[note("generators_busy", "A node was busy.")]} folded />);
  expect([container.querySelector("details"), tones(container)]).toEqual([null, [["attention", "A node was busy."]]]);
});
