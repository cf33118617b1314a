import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { render, screen, waitFor, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, beforeEach, expect, it } from "vitest";
import type { Plan } from "@/shared/api/types";
import { PlanFiles } from "./PlanFiles";

const PLAN: Plan = {
  id: "p-1",
  name: "shop",
  owner: { id: "u-1", name: "Administrator" },
  can_write: true,
  created_ms: 0,
  bytes: 30,
  runs: 0,
  main_file: "shop.jmx",
  files: [
    { path: "shop.jmx", kind: "plan", bytes: 10 },
    { path: "users.csv", kind: "data", bytes: 20 },
  ],
} as Plan;

let server: Server;
const asked: string[] = [];
beforeAll(async () => {
  server = createServer((request, response) => {
    asked.push(`${request.method} ${request.url}`);
    response.setHeader("Access-Control-Allow-Origin", "*");
    response.setHeader("Content-Type", "application/json");
    response.end(JSON.stringify({ ...PLAN, files: PLAN.files.slice(0, 1) }));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  window.happyDOM.setURL(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`);
});
afterAll(() => server.close());
beforeEach(() => {
  asked.length = 0;
  render(
    <QueryClientProvider client={new QueryClient()}>
      <PlanFiles plan={PLAN} limits={{ max_upload_bytes: 1000, max_files: 10 }} />
    </QueryClientProvider>,
  );
});

it("asks before a file is removed, and removes nothing when it is kept", async () => {
  await userEvent.click(screen.getByRole("button", { name: "Remove users.csv" }));
  const dialog = within(screen.getByRole("dialog", { name: "Remove users.csv" }));
  await userEvent.click(dialog.getByRole("button", { name: "Keep it" }));
  expect(screen.queryByRole("dialog")).toBeNull();
  expect(asked).toEqual([]);
});

it("removes the file once that is confirmed", async () => {
  await userEvent.click(screen.getByRole("button", { name: "Remove users.csv" }));
  await userEvent.click(within(screen.getByRole("dialog")).getByRole("button", { name: "Remove" }));
  await waitFor(() => expect(screen.queryByRole("dialog")).toBeNull());
  expect(asked).toEqual(["DELETE /api/v1/plans/p-1/files/users.csv"]);
});
