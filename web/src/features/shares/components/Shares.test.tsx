import { screen, waitFor, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { beforeEach, expect, it } from "vitest";
import { Route, Routes, useLocation } from "react-router";
import type { Share } from "@/shared/api/types";
import { fault, renderFor, sessionOf, testApi } from "@/test/api";
import { OpenSharePage } from "./OpenSharePage";
import { ShareDialog } from "./ShareDialog";

const api = testApi();
const share = (id: string, url: string | null): Share => ({ id, url, expires_ms: 1, created_ms: 0, by: { id: "u-1", name: "Ann" }, kind: "run", runs: ["r-1"] });
beforeEach(() => {
  api.answer("GET /runs/r-1/shares", { body: [] });
});
const show = () => renderFor(sessionOf("member"), <ShareDialog shared={{ kind: "run", run: "r-1" }} name="peak" onClose={() => undefined} />);

it("creates a link for some days, shown once, and lists it", async () => {
  api.answer("POST /runs/r-1/shares", { status: 201, body: share("s-1", "/share#s3cret") });
  show();
  await screen.findByText("No active links.");
  api.answer("GET /runs/r-1/shares", { body: [share("s-1", null)] });
  await userEvent.selectOptions(screen.getByLabelText("Expires after"), "30");
  await userEvent.click(screen.getByRole("button", { name: "Create link" }));
  expect((await screen.findByLabelText("Share link")).textContent).toBe(`${window.location.origin}/share#s3cret`);
  expect(await screen.findByRole("region", { name: "Active links" })).toBeDefined();
  expect(api.changes()).toEqual([{ method: "POST", path: "/runs/r-1/shares", body: { expires_days: 30 } }]);
});

it("revokes a link", async () => {
  api.answer("GET /runs/r-1/shares", { body: [share("s-1", null)] });
  api.answer("DELETE /runs/r-1/shares/s-1", { status: 204 });
  show();
  const revoke = await screen.findByRole("button", { name: /^Revoke/ });
  api.answer("GET /runs/r-1/shares", { body: [] });
  await userEvent.click(revoke);
  expect(api.changes()).toEqual([]);
  await userEvent.click(screen.getByRole("button", { name: "Revoke" }));
  expect(await screen.findByText("No active links.")).toBeDefined();
});

it("says that a link shows the run in a comparison", async () => {
  api.answer("GET /runs/r-1/shares", { body: [{ ...share("s-1", null), kind: "comparison", runs: ["r-2", "r-1"] }] });
  show();
  expect(await screen.findByText("Shows this run in a comparison of 2 runs")).toBeDefined();
});

it("shares a comparison by its runs", async () => {
  api.answer("GET /comparisons/shares", { body: [] });
  api.answer("POST /comparisons/shares", { status: 403, body: fault("not_owner") });
  renderFor(sessionOf("member"), <ShareDialog shared={{ kind: "comparison", runs: ["r-1", "r-2"] }} name="this comparison" onClose={() => undefined} />);
  await userEvent.click(await screen.findByRole("button", { name: "Create link" }));
  expect((await screen.findByRole("alert")).textContent).toContain("not_owner");
  expect(api.changes()).toEqual([{ method: "POST", path: "/comparisons/shares", body: { runs: ["r-1", "r-2"], expires_days: 7 } }]);
});

function Opened() {
  const { pathname, search, hash } = useLocation();
  return <p>Opened {pathname + search + hash}</p>;
}
const open = (path: string) =>
  renderFor(
    null,
    <Routes>
      <Route path="/share" element={<OpenSharePage />} />
      <Route path="*" element={<Opened />} />
    </Routes>,
    path,
  );

it.each([
  [{ kind: "run", runs: ["r-1"] }, "Opened /share/runs/r-1"],
  [{ kind: "comparison", runs: ["r-1", "r-2"] }, "Opened /share/compare?runs=r-1%2Cr-2"],
])("a link opens %j once, without its secret in the address", async (opened, shown) => {
  api.answer("POST /shares/open", { body: opened });
  open("/share#s3cret");
  expect(await screen.findByText(shown)).toBeDefined();
  expect(api.changes()).toEqual([{ method: "POST", path: "/shares/open", body: { secret: "s3cret" } }]);
});

it("says that a link has expired, or does not exist", async () => {
  api.answer("POST /shares/open", { status: 401, body: fault("link_invalid") });
  open("/share#old");
  expect(await screen.findByRole("heading", { name: "Share link invalid or expired" })).toBeDefined();
});

it("opens a link again if the server's answer was invalid", async () => {
  api.answer("POST /shares/open", { status: 503, body: fault("unavailable") });
  open("/share#s3cret");
  const alert = within(await screen.findByRole("alert"));
  api.answer("POST /shares/open", { body: { kind: "run", runs: ["r-1"] } });
  await userEvent.click(alert.getByRole("button", { name: "Try again" }));
  await waitFor(() => expect(screen.getByText("Opened /share/runs/r-1")).toBeDefined());
});
