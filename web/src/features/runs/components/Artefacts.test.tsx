import { screen, waitFor } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { expect, it } from "vitest";
import { serverNow } from "@/shared/api/serverClock";
import type { Run } from "@/shared/api/types";
import { fault, renderFor, testApi } from "@/test/api";
import { runOf } from "@/test/results";
import { Artefacts } from "./Artefacts";

const api = testApi();

it("shows the size of a compressed log on disk, and offers both forms of it", async () => {
  const plain = { name: "summary.json", bytes: 2_000, stored_bytes: 2_000, compressed_name: null, media_type: "application/json" };
  const log = { name: "results.jtl", bytes: 960_000_000, stored_bytes: 144_000_000, compressed_name: "results.jtl.zst", media_type: "text/csv" };
  api.answer("GET /runs/r-1/artefacts", { body: [plain, log] });
  renderFor(undefined, <Artefacts run={runOf({ id: "r-1", name: "shop", phase: "finished" })} />);
  expect((await screen.findByRole("link", { name: /results.jtl/ })).getAttribute("href")).toBe("/api/v1/runs/r-1/artefacts/results.jtl");
  expect(screen.getByRole("link", { name: "compressed" }).getAttribute("href")).toBe("/api/v1/runs/r-1/artefacts/results.jtl.zst");
  const [first, second] = screen.getAllByRole("listitem").map((item) => item.textContent.replace(/\s+/g, " "));
  expect(first).not.toContain("on disk");
  expect(second).toMatch(/916 MB, 137 MB on disk \(compressed\)/);
});

const LOG = { name: "results.jtl", bytes: 9_000, stored_bytes: 2_000, compressed_name: "results.jtl.zst", media_type: "text/csv" };

function showStored(has_links: boolean) {
  const archive: Run["archive"] = { address: "s3://results/r-1", phase: "stored", bytes: 1, total_bytes: 1, code: null, message: null, hint: null, next_try_ms: null, has_links };
  api.answer("GET /runs/r-1/artefacts", { body: [LOG] });
  renderFor(undefined, <Artefacts run={runOf({ id: "r-1", name: "shop", archive })} />);
}

it("creates a link to a stored file, with its expiry time, and then another one", async () => {
  const url = "https://results.s3.amazonaws.com/r-1/samples/master.jtl.zst?X-Amz-Signature=1";
  api.answer("GET /runs/r-1/archive/link?name=results.jtl", { body: { url, expires_ms: serverNow() + 900_000 } });
  showStored(true);
  await userEvent.click(await screen.findByRole("button", { name: "Download link for results.jtl…" }));
  expect((await screen.findByLabelText("Download link")).textContent).toBe(url);
  expect(screen.getByRole("link", { name: "Download now" }).getAttribute("href")).toBe(url);
  expect(screen.getByText(/^Expires at/).textContent.replace(/\s+/g, " ")).toMatch(/in (15 min|14 min 5\d s)\. Download now/);
  await userEvent.click(screen.getByRole("button", { name: "Copy" }));
  await userEvent.click(screen.getAllByRole("button", { name: "Close" })[0] ?? document.body);

  api.answer("GET /runs/r-1/archive/link?name=results.jtl", { body: { url, expires_ms: serverNow() - 1 } });
  await userEvent.click(screen.getByRole("button", { name: "Download link for results.jtl…" }));
  await screen.findByText("The link has expired.");
  expect(screen.queryByLabelText("Download link")).toBeNull();
  api.answer("GET /runs/r-1/archive/link?name=results.jtl", { body: { url: `${url}2`, expires_ms: serverNow() + 900_000 } });
  await userEvent.click(screen.getByRole("button", { name: "Create another link" }));
  await waitFor(() => expect(screen.getByLabelText("Download link").textContent).toBe(`${url}2`));
});

it("offers no link if the store cannot create one", async () => {
  showStored(false);
  await screen.findByRole("link", { name: /results.jtl/ });
  expect(screen.queryByRole("button", { name: /Download link/ })).toBeNull();
});

it("shows why a link could not be created", async () => {
  api.answer("GET /runs/r-1/archive/link", { status: 502, body: fault("artefacts_credentials_refused") });
  showStored(true);
  await userEvent.click(await screen.findByRole("button", { name: "Download link for results.jtl…" }));
  expect((await screen.findByRole("alert")).textContent).toContain("Refused with artefacts_credentials_refused.");
});
