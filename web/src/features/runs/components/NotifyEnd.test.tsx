import { screen, waitFor } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { beforeEach, expect, it, vi } from "vitest";
import { keys } from "@/shared/api/keys";
import { renderFor, sessionOf, testApi } from "@/test/api";
import { runOf } from "@/test/results";
import { watchedRuns, watchRun } from "../runEnds";
import { NotifyEnd } from "./NotifyEnd";
import { RunEndNotices } from "./RunEndNotices";

const api = testApi();

/** A fake of the browser's notifications: records what it was asked for and what it shows. */
class Notices {
  static permission: NotificationPermission = "default";
  static answer: NotificationPermission = "granted";
  static asked = 0;
  static shown: { title: string; body: string | undefined; notice: Notices }[] = [];
  onclick: (() => void) | null = null;
  static requestPermission(): Promise<NotificationPermission> {
    Notices.asked += 1;
    Notices.permission = Notices.answer;
    return Promise.resolve(Notices.permission);
  }
  constructor(title: string, options?: NotificationOptions) {
    Notices.shown.push({ title, body: options?.body, notice: this });
  }
  close(): void {}
}

beforeEach(() => {
  localStorage.clear();
  Object.assign(Notices, { permission: "default", answer: "granted", asked: 0, shown: [] });
  vi.stubGlobal("Notification", Notices);
});

const button = () => screen.getByRole("button", { name: /Notif/ });

it("asks for permission on the click and not before, and the next click disables it", async () => {
  renderFor(sessionOf("member"), <NotifyEnd runId="r-1" />);
  expect(Notices.asked).toBe(0);
  await userEvent.click(button());
  await waitFor(() => expect(button().getAttribute("aria-pressed")).toBe("true"));
  expect([Notices.asked, watchedRuns()]).toEqual([1, ["r-1"]]);
  await userEvent.click(button());
  expect(watchedRuns()).toEqual([]);
});

it("says that the browser blocks notifications", async () => {
  Notices.answer = "denied";
  renderFor(sessionOf("member"), <NotifyEnd runId="r-1" />);
  await userEvent.click(button());
  await waitFor(() => expect(button()).toHaveProperty("disabled", true));
  expect(watchedRuns()).toEqual([]);
});

it("shows the end once, with the result, and opens the run", async () => {
  Notices.permission = "granted";
  watchRun("r-1");
  api.answer("GET /runs/r-1", { body: runOf({ id: "r-1", name: "shop", phase: "running", cause: null }) });
  const client = renderFor(sessionOf("member"), <RunEndNotices />);
  await waitFor(() => expect(client.getQueryData(keys.run("r-1"))).toBeDefined());
  expect(Notices.shown).toEqual([]);
  client.setQueryData(keys.run("r-1"), runOf({ id: "r-1", name: "shop", verdict: "passed" }));
  await waitFor(() => expect(Notices.shown.map(({ title, body }) => [title, body])).toEqual([["shop", "completed · criteria met"]]));
  expect(watchedRuns()).toEqual([]);
  Notices.shown[0]?.notice.onclick?.();
  await waitFor(() => expect(window.location.pathname).toBe("/runs/r-1"));
});

it("forgets a deleted run", async () => {
  watchRun("r-9");
  renderFor(sessionOf("member"), <RunEndNotices />);
  await waitFor(() => expect(watchedRuns()).toEqual([]));
  expect(Notices.shown).toEqual([]);
});

it("ignores an invalid stored list", () => {
  localStorage.setItem("jac-run-ends", '{"a":1}');
  expect(watchedRuns()).toEqual([]);
});

/** Chrome on Android: the class exists, and its constructor throws. */
const noNotices = (permission: NotificationPermission) =>
  Object.assign(
    function Notification() {
      throw new TypeError("Illegal constructor.");
    },
    { permission },
  );

it("is not offered if the browser's notifications do not work", () => {
  vi.stubGlobal("Notification", noNotices("default"));
  renderFor(sessionOf("member"), <NotifyEnd runId="r-1" />);
  expect(screen.queryByRole("button")).toBeNull();
});

it("does not break the page if the notification cannot be shown", async () => {
  vi.stubGlobal("Notification", noNotices("granted"));
  watchRun("r-1");
  api.answer("GET /runs/r-1", { body: runOf({ id: "r-1", name: "shop" }) });
  renderFor(
    sessionOf("member"),
    <>
      <RunEndNotices />
      <p>the page</p>
    </>,
  );
  await waitFor(() => expect(watchedRuns()).toEqual([]));
  expect(screen.getByText("the page")).toBeDefined();
});
