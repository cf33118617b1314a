import { render, screen } from "@testing-library/react";
import { expect, it } from "vitest";
import { BrowserRouter } from "react-router";
import { entryOf, summaryOf } from "@/test/results";
import { TopErrorTable } from "./TopErrorTable";

it("sorts by the number of errors at a place, also from a thousand on", () => {
  const counts = { Home: 99, Login: 1234, Search: 100 };
  const errors = Object.entries(counts).map(([label, count]) => ({ label, code: "500", message: "said", example: "said", count, first_ms: 0, last_ms: 1 }));
  window.history.replaceState(null, "", "/?top-errors.sort=-error_1");
  render(
    <BrowserRouter>
      <TopErrorTable errors={errors} summary={summaryOf(Object.entries(counts).map(([label, count]) => entryOf(label, { samples: 2000, errors: count })))} />
    </BrowserRouter>,
  );
  expect(screen.getAllByRole("row").map((row) => row.querySelector(".top-error b")?.textContent)).toEqual([undefined, "1,234", "100", "99"]);
});
