import { render, screen } from "@testing-library/react";
import { expect, it } from "vitest";
import { runOf } from "@/test/results";
import { Settings } from "./Settings";

it("shows the run's own revision of the plan, with a download, and the versions", () => {
  const run = runOf({
    id: "r-1",
    name: "shop",
    main_file: "shop.jmx",
    files: [
      { path: "shop.jmx", kind: "plan", bytes: 10, sha256: "ab12" },
      { path: "data/user list.csv", kind: "data", bytes: 20, sha256: null },
    ],
    versions: { jac: "0.1.0", jmeter: "5.6.3", java: ["17.0.15", "21.0.2"] },
  });
  render(<Settings run={run} />);
  expect(screen.getByText("JMeter 5.6.3, Java 17.0.15 and 21.0.2, JAC 0.1.0")).toBeDefined();
  expect(screen.getByText("main plan")).toBeDefined();
  expect(screen.getAllByRole("link").map((link) => link.getAttribute("href"))).toEqual(["/api/v1/runs/r-1/artefacts/plan/shop.jmx", "/api/v1/runs/r-1/artefacts/plan/data/user%20list.csv"]);
});
