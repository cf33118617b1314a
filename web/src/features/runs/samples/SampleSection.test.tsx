import { screen, waitFor } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { useState } from "react";
import { expect, it } from "vitest";
import { TimelineProvider } from "@/shared/charts/timeline";
import { fault, renderFor, testApi } from "@/test/api";
import { newDrafts } from "./sampleDraft";
import { SampleSection } from "./SampleSection";

const api = testApi();

function Page() {
  const [live, setLive] = useState(true);
  return (
    <TimelineProvider originMs={0}>
      <button type="button" onClick={() => setLive(false)}>
        end
      </button>
      <SampleSection runId="r-1" live={live} links={0} draftOf={newDrafts()} />
    </TimelineProvider>
  );
}

it("searches the finished run’s log again, because results found during the run are incomplete", async () => {
  api.answer("GET /runs/r-1/samples", { status: 404, body: fault("no_log") });
  const asked = () => api.asked.filter(({ path }) => path.startsWith("/runs/r-1/samples")).length;
  renderFor(undefined, <Page />, "/?find.keep=first");
  await waitFor(() => expect(asked()).toBe(1));
  await userEvent.click(screen.getByRole("button", { name: "end" }));
  await waitFor(() => expect(asked()).toBe(2));
});
