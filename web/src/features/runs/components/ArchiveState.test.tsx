import { screen, waitFor } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { expect, it } from "vitest";
import type { Run } from "@/shared/api/types";
import { renderFor, sessionOf, testApi } from "@/test/api";
import { runOf } from "@/test/results";
import { ArchiveState } from "./ArchiveState";

const api = testApi();

type Archive = NonNullable<Run["archive"]>;
const STORED: Archive = {
  address: "s3://results/runs/2026/11/r-1/",
  phase: "stored",
  bytes: 1_048_576,
  total_bytes: 1_048_576,
  code: null,
  message: null,
  hint: null,
  next_try_ms: null,
  has_links: false,
};

function show(archive: Archive | null) {
  renderFor(sessionOf("administrator"), <ArchiveState run={{ ...runOf({ id: "r-1", name: "shop" }), archive }} />);
}

it("shows nothing if no store is configured", () => {
  show(null);
  expect(document.body.textContent).toBe("");
});

it("shows where the results are stored", () => {
  show(STORED);
  expect(screen.getByRole("status").textContent).toContain("s3://results/runs/2026/11/r-1/");
});

it("shows the progress of an upload", () => {
  show({ ...STORED, phase: "uploading", bytes: 524_288 });
  expect(screen.getByRole<HTMLProgressElement>("progressbar").position).toBeCloseTo(0.5);
});

it("shows why a try failed, and retries at once on request", async () => {
  api.answer("POST /runs/r-1/archive/retry", { body: { ...STORED, phase: "waiting" } });
  show({ ...STORED, phase: "failed", code: "artefacts_denied", message: "Access is denied.", hint: "Allow s3:PutObject.", next_try_ms: 0 });
  expect(screen.getByText(/Access is denied/)).toBeTruthy();
  await userEvent.click(screen.getByRole("button", { name: "Store now" }));
  await waitFor(() => expect(api.changes().map(({ method, path }) => `${method} ${path}`)).toEqual(["POST /runs/r-1/archive/retry"]));
});
