import { render, screen } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { useState } from "react";
import { expect, it } from "vitest";
import type { Check } from "@/shared/api/types";
import { CHECK } from "@/test/plans";
import { checkRunForm, EMPTY_FORM, type RunForm } from "../runForm";
import { PropertyFields } from "./PlanFields";

const check: Check = {
  ...CHECK,
  workers: 1,
  thread_groups: [],
  properties: [
    { name: "pin", default: "0", value: null },
    { name: "api_key", default: null, value: null },
  ],
};

function Form({ seen }: { seen: (form: RunForm) => void }) {
  const [form, setForm] = useState<RunForm>({ ...EMPTY_FORM, planId: "p", clusterId: "c" });
  seen(form);
  return <PropertyFields check={check} workers={1} form={form} onChange={setForm} faults={{}} />;
}

it("masks and marks the value of a property with a closed lock, and of one with a secret's name from the start", async () => {
  const user = userEvent.setup();
  let form: RunForm = EMPTY_FORM;
  render(<Form seen={(now) => (form = now)} />);
  const byName = screen.getByRole<HTMLButtonElement>("button", { name: "Secret: api_key" });
  expect([byName.getAttribute("aria-pressed"), byName.disabled]).toEqual(["true", true]);
  expect(screen.getByLabelText<HTMLInputElement>("api_key").type).toBe("password");

  const pin = screen.getByLabelText<HTMLInputElement>("pin");
  expect(pin.type).toBe("text");
  await user.clear(pin);
  await user.type(pin, "1234");
  await user.click(screen.getByRole("button", { name: "Secret: pin" }));
  expect(pin.type).toBe("password");
  expect(checkRunForm(form, check.properties, []).request).toMatchObject({ properties: { pin: "1234" }, secret: ["pin"] });

  await user.click(screen.getByRole("button", { name: "Secret: pin" }));
  expect(checkRunForm(form, check.properties, []).request).not.toHaveProperty("secret");
});

it("offers to mask each property that is entered as a line", async () => {
  const user = userEvent.setup();
  let form: RunForm = EMPTY_FORM;
  render(<Form seen={(now) => (form = now)} />);
  await user.type(screen.getByLabelText("One name=value per line"), "order=1{Enter}auth.token=2");
  expect(screen.getByRole<HTMLInputElement>("checkbox", { name: "Mask auth.token" }).checked).toBe(true);
  await user.click(screen.getByRole("checkbox", { name: "Mask order" }));
  expect(checkRunForm(form, check.properties, []).request?.secret).toEqual(["order"]);
});
