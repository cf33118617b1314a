import { screen, waitFor } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { beforeEach, expect, it, vi } from "vitest";
import { fault, renderFor, testApi } from "@/test/api";
import { Download } from "./Download";

const api = testApi();
const PATH = "/runs/r-1/artefacts/nodes/worker-1/jmeter.log";
let saved: string[] = [];

beforeEach(() => {
  saved = [];
  vi.spyOn(HTMLAnchorElement.prototype, "click").mockImplementation(function (this: HTMLAnchorElement) {
    saved.push(`${this.download === "" && this.hasAttribute("download") ? "download " : ""}${new URL(this.href).pathname}${new URL(this.href).search}`);
  });
  api.answer("POST /session/tickets", { body: { ticket: "t-1" } });
});

it("lets the browser download the file, with a ticket for its path", async () => {
  api.answer(`HEAD ${PATH}`, {});
  renderFor(undefined, <Download path={PATH}>Download log</Download>);
  await userEvent.click(screen.getByRole("link"));
  await waitFor(() => expect(saved).toEqual([`download /api/v1${PATH}?ticket=t-1`]));
  expect(api.changes()).toMatchObject([{ path: "/session/tickets", body: { path: `/api/v1${PATH}` } }]);
});

it("shows why the download failed, and leaves the page as it is", async () => {
  api.answer(`GET ${PATH}`, { status: 404, body: fault("artefact_not_found") });
  renderFor(undefined, <Download path={PATH}>Download log</Download>, "/runs/r-1");
  await userEvent.click(screen.getByRole("link"));
  expect((await screen.findByRole("alert")).textContent).toContain("artefact_not_found");
  expect([window.location.pathname, saved]).toEqual(["/runs/r-1", []]);
});
