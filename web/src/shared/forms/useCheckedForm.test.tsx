import { useMutation } from "@tanstack/react-query";
import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { render, screen, waitFor } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { expect, it, vi } from "vitest";
import { ApiError } from "@/shared/api/client";
import type { Fault } from "@/shared/api/types";
import { OptionsField, SelectField, SwitchField, TextField } from "./fields";
import { fieldsAt, useCheckedForm, type Checked } from "./useCheckedForm";

interface Values {
  name: string;
  place: string;
  kind: "one" | "two";
  on: boolean;
}

const FIRST: Values = { name: "", place: "here", kind: "one", on: false };
const fieldOf = fieldsAt<Values>({ "/name": "name", "/where": "place" }, { name_taken: "name" });

function check(values: Values): Checked<Values, Values> {
  return values.name.trim() === "" ? { request: null, faults: { name: "Name is required." } } : { request: { ...values, name: values.name.trim() }, faults: {} };
}

function Form({ send }: { send: (values: Values) => Promise<void> }) {
  const sends = useMutation({ mutationFn: send });
  const { form, unplaced } = useCheckedForm({ first: FIRST, check, sends, fieldOf });
  return (
    <form onSubmit={(event) => void form.handleSubmit((values) => sends.mutate(values))(event)}>
      <TextField form={form} name="name" label="Name" />
      <SelectField form={form} name="place" label="Place">
        <option>here</option>
        <option>there</option>
      </SelectField>
      <OptionsField
        form={form}
        name="kind"
        legend="Kind"
        options={[
          { value: "one", word: "One" },
          { value: "two", word: "Two" },
        ]}
      />
      <SwitchField form={form} name="on" label="On" />
      {unplaced !== null && <p role="alert">{unplaced.message}</p>}
      <button type="submit">Send</button>
    </form>
  );
}

function show(send: (values: Values) => Promise<void> = () => Promise.resolve()) {
  render(
    <QueryClientProvider client={new QueryClient()}>
      <Form send={send} />
    </QueryClientProvider>,
  );
}

const refused = (code: string, ...faults: Fault[]) => new ApiError(400, { code, message: `Refused with ${code}.`, hint: null, faults });
const isWrong = (label: string) => screen.getByLabelText(label).getAttribute("aria-invalid");
const described = (label: string) => document.getElementById(screen.getByLabelText(label).getAttribute("aria-describedby") ?? "")?.textContent;
const submit = () => userEvent.click(screen.getByRole("button", { name: "Send" }));
const type = (text: string) => userEvent.type(screen.getByLabelText("Name"), text);

it("shows errors from the first attempt on, then at each change, and sends nothing meanwhile", async () => {
  const send = vi.fn(() => Promise.resolve());
  show(send);
  await type(" ");
  expect(isWrong("Name")).toBe("false");
  await submit();
  await waitFor(() => expect(isWrong("Name")).toBe("true"));
  expect(document.activeElement).toBe(screen.getByLabelText("Name"));
  await type("x");
  await waitFor(() => expect(isWrong("Name")).toBe("false"));
  await userEvent.clear(screen.getByLabelText("Name"));
  await waitFor(() => expect(isWrong("Name")).toBe("true"));
  expect(send).not.toHaveBeenCalled();
});

it("sends what its rules made of the values", async () => {
  const send = vi.fn(() => Promise.resolve());
  show(send);
  await type(" shop ");
  await userEvent.selectOptions(screen.getByLabelText("Place"), "there");
  await userEvent.click(screen.getByLabelText("Two"));
  await userEvent.click(screen.getByLabelText("On"));
  await submit();
  await waitFor(() => expect(send.mock.calls.map(([values]: unknown[]) => values)).toEqual([{ name: "shop", place: "there", kind: "two", on: true }]));
});

it.each([
  ["by its pointer", refused("invalid", { field: "/name", code: "too_long", message: "Too long." }), "Too long."],
  ["by a code that can only be about it", refused("name_taken"), "Refused with name_taken."],
  ["joined with others", refused("invalid", { field: "/name", code: "a", message: "One." }, { field: "/name", code: "b", message: "Two." }), "One. Two."],
])("shows an error of the server at its field, %s, until the next change", async (_, error, shown) => {
  show(() => Promise.reject(error));
  await type("shop");
  await submit();
  await waitFor(() => expect(isWrong("Name")).toBe("true"));
  expect(described("Name")).toBe(shown);
  expect(isWrong("Place")).toBe("false");
  expect(screen.queryByRole("alert")).toBeNull();
  await type("s");
  await waitFor(() => expect(isWrong("Name")).toBe("false"));
});

it("shows an error that is not at its fields as a whole, until the next change of any field", async () => {
  show(() => Promise.reject(refused("invalid", { field: "/name", code: "a", message: "One." }, { field: "/other", code: "b", message: "Two." })));
  await type("shop");
  await submit();
  expect((await screen.findByRole("alert")).textContent).toBe("Refused with invalid.");
  expect(isWrong("Name")).toBe("false");
  await userEvent.selectOptions(screen.getByLabelText("Place"), "there");
  await waitFor(() => expect(screen.queryByRole("alert")).toBeNull());
});
