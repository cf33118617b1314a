import { expect, it } from "vitest";
import { deliveryChip } from "@/shared/notifications/deliveryChip";
import { exporterChip, exporterFigures, selectionWords } from "./integrationWords";

it("describes the runs that a target is notified of", () => {
  expect(selectionWords({ runs: "all", plans: [] })).toBe("All runs");
  expect(selectionWords({ runs: "failed", plans: ["shop", "search"] })).toBe("Runs that fail or do not meet their criteria of shop, search");
});

it("distinguishes a first try, a retry and a final result", () => {
  const word = (state: "waiting" | "delivered" | "given_up", attempts: number) => deliveryChip({ state, attempts }).word;
  expect([word("waiting", 0), word("waiting", 2), word("delivered", 1), word("given_up", 30)]).toEqual(["sending", "retrying", "delivered", "not delivered"]);
});

it("shows the number of dropped points only if there are any", () => {
  expect(exporterFigures({ sent: 1200, dropped: 0, refused_values: 0, waiting: 0 })).toBe("1,200 points sent");
  expect(exporterFigures({ sent: 1, dropped: 2, refused_values: 3, waiting: 4 })).toBe("1 points sent · 4 waiting · 2 dropped · 3 values refused");
  const trouble = { code: "integration_timeout", message: "Late." };
  expect([exporterChip({ trouble, sent: 5 }).word, exporterChip({ trouble: null, sent: 5 }).word, exporterChip({ trouble: null, sent: 0 }).word]).toEqual(["failing", "sending", "nothing sent yet"]);
});
