import { fireEvent, screen, waitFor, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { expect, it } from "vitest";
import { renderFor, sessionOf, testApi } from "@/test/api";
import { ImportDialog } from "./ImportDialog";

const api = testApi();

it("imports only once, even while the run’s page loads", async () => {
  api.answer("GET /plans", { body: { items: [], next: null } });
  api.answer("POST /runs/import", { body: { id: "r-9" } });
  renderFor(sessionOf("member"), <ImportDialog most_bytes={1000} onClose={() => undefined} />);
  const dialog = within(screen.getByRole("dialog"));
  await userEvent.upload(dialog.getByLabelText("Result logs"), new File(["timeStamp"], "results.jtl"));
  await userEvent.type(dialog.getByLabelText("Plan"), "shop");
  await userEvent.click(dialog.getByRole("button", { name: "Import" }));
  await waitFor(() => expect(window.location.pathname).toBe("/runs/r-9"));
  const button = dialog.getByRole<HTMLButtonElement>("button", { name: "Importing…" });
  expect(button.disabled).toBe(true);
  if (button.form !== null) fireEvent.submit(button.form);
  expect(api.changes()).toHaveLength(1);
});
