import { screen } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { expect, it } from "vitest";
import type { NewCluster } from "@/shared/api/types";
import { fault, renderFor, sessionOf, testApi } from "@/test/api";
import { EC2 } from "../ec2Form.fixture";
import { PriceCheck } from "./PriceCheck";

const api = testApi();
const REQUEST: NewCluster = {
  provider: "ec2",
  config: { workers: 2, heap_mb: null, lifetime_minutes: 60, idle_minutes: null, remove_after_run: true, jmeter_home: null, jmeter_version: null, ssh: null, ec2: EC2 },
};

it("shows why the server rejected the cluster", async () => {
  api.answer("POST /clusters/forecast", { status: 400, body: fault("cluster_invalid", "/config/heap_mb") });
  renderFor(sessionOf("member"), <PriceCheck request={REQUEST} />);
  await userEvent.click(screen.getByRole("button", { name: "Check and show price" }));
  expect(await screen.findByText("Refused with cluster_invalid.")).toBeDefined();
});
