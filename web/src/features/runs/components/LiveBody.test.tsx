import { screen } from "@testing-library/react";
import { expect, it } from "vitest";
import { renderFor, sessionOf, testApi } from "@/test/api";
import { runOf } from "@/test/results";
import { useSampleSearch } from "../samples/useSampleSearch";
import { useAnnotating } from "../useAnnotating";
import { LiveBody } from "./LiveBody";

testApi();
const RUN = runOf({ id: "r-1", name: "peak", phase: "preparing", cause: null, started_ms: null, ended_ms: null });

function Page() {
  return <LiveBody run={RUN} live={null} annotating={useAnnotating(RUN, 0)} samples={useSampleSearch(RUN)} />;
}

it("has a list of nodes that the keyboard can scroll before the first samples", () => {
  renderFor(sessionOf("member"), <Page />);
  expect(screen.getByRole("region", { name: "Nodes" }).tabIndex).toBe(0);
});
