import { screen, waitFor, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { expect, it } from "vitest";
import type { Integrations } from "@/shared/api/types";
import { renderFor, sessionOf, testApi } from "@/test/api";
import { runOf } from "@/test/results";
import { IntegrationsPage } from "./IntegrationsPage";

const api = testApi();
const ALL: Integrations = {
  notifications: [
    {
      name: "ci",
      kind: "webhook",
      address: "https://ci.example:443",
      runs: "failed",
      plans: [],
      waiting: 2,
      last: {
        run: "r-1",
        run_name: "shop",
        target: "ci",
        id: "n-1",
        state: "waiting",
        attempts: 3,
        next_ms: 5,
        updated_ms: 1_700_000_000_000,
        trouble: { code: "integration_unavailable", message: "https://ci.example:443 answered HTTP 503." },
      },
    },
  ],
  metrics: [{ name: "otel", kind: "otlp", address: "http://otel.example:4318", interval_s: 10, sent: 12, dropped: 0, refused_values: 0, waiting: 0, last_sent_ms: 1_700_000_000_000, trouble: null }],
  public_url: null,
};

function show(all: Integrations) {
  api.answer("GET /runs/r-1", { body: runOf({ id: "r-1", name: "peak" }) });
  api.answer("GET /integrations", { body: all });
  renderFor(sessionOf("administrator"), <IntegrationsPage />);
}

it("shows each target with its last result, and reports that messages have no links to runs", async () => {
  show(ALL);
  const ci = within(await screen.findByRole("region", { name: "ci" }));
  expect(ci.getByText("retrying")).toBeTruthy();
  expect(ci.getByText(/HTTP 503/)).toBeTruthy();
  expect((await ci.findByRole("link", { name: "peak" })).getAttribute("href")).toBe("/runs/r-1");
  expect(within(screen.getByRole("region", { name: "otel" })).getByText("12 points sent")).toBeTruthy();
  expect(screen.getByText(/set public_url/)).toBeTruthy();
});

it("sends a test and shows its result", async () => {
  show({ ...ALL, metrics: [] });
  const ci = within(await screen.findByRole("region", { name: "ci" }));
  api.answer("POST /integrations/ci/test", { body: { target: "ci", took_ms: 45 } });
  await userEvent.click(ci.getByRole("button", { name: "Send a test" }));
  expect(await ci.findByText(/accepted after 45 ms/)).toBeTruthy();
  api.answer("POST /integrations/ci/test", { status: 502, body: { error: { code: "integration_gone", message: "ci.example answered HTTP 410.", hint: null, faults: [] } } });
  await userEvent.click(ci.getByRole("button", { name: "Send a test" }));
  expect(await ci.findByText(/HTTP 410/)).toBeTruthy();
  await waitFor(() => expect(api.changes()).toHaveLength(2));
});

it("explains the empty page", async () => {
  show({ notifications: [], metrics: [], public_url: null });
  expect(await screen.findByText("No integrations.")).toBeTruthy();
});
