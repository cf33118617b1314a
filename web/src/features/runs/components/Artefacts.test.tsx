import { screen } from "@testing-library/react";
import { expect, it } from "vitest";
import { renderFor, testApi } from "@/test/api";
import { runOf } from "@/test/results";
import { Artefacts } from "./Artefacts";

const api = testApi();

it("tells what a compressed log takes on the disk, and offers both forms of it", async () => {
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
