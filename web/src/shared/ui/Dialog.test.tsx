import { render, screen, waitFor } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { useState } from "react";
import { expect, it, vi } from "vitest";
import { Dialog } from "./Dialog";
import { DialogButtons } from "./DialogButtons";
import { Field } from "./Field";
import { Menu, MenuItem } from "./Menu";

function Page({ onSubmit }: { onSubmit: () => void | Promise<void> }) {
  const [open, setOpen] = useState(false);
  const [asks, setAsks] = useState(false);
  const [fault, setFault] = useState<string>();
  const close = () => setOpen(false);
  const submit = async () => {
    await onSubmit();
    setFault("Name is required.");
  };
  return (
    <>
      <button type="button" onClick={() => setOpen(true)}>
        Open
      </button>
      <Menu label="More">
        <MenuItem onSelect={() => setOpen(true)}>Rename…</MenuItem>
      </Menu>
      {open && (
        <Dialog title="Rename" onClose={close} onSubmit={submit} footer={<DialogButtons onCancel={close} action="Save" disabled={false} />}>
          <Field label="Note">{(attributes) => <input {...attributes} />}</Field>
          <Field label="Name" fault={fault}>
            {(attributes) => <input {...attributes} data-first-focus />}
          </Field>
          <button type="button" onClick={() => setAsks(true)}>
            Ask
          </button>
          {asks && (
            <Dialog title="Sure?" onClose={() => setAsks(false)} footer={<DialogButtons onCancel={() => setAsks(false)} action="Yes" disabled={false} />}>
              Really?
            </Dialog>
          )}
        </Dialog>
      )}
    </>
  );
}

const show = (onSubmit: () => void | Promise<void> = () => undefined) => render(<Page onSubmit={onSubmit} />);
const focused = () => document.activeElement;

it("hides the page behind it, has the focus in the field that is meant, and returns the focus to its button on Escape", async () => {
  show();
  const button = screen.getByRole("button", { name: "Open" });
  await userEvent.click(button);
  expect(screen.getByRole("dialog", { name: "Rename" })).toBeDefined();
  expect(screen.queryByRole("button", { name: "Open" })).toBeNull();
  await waitFor(() => expect(focused()).toBe(screen.getByLabelText("Name")));
  await userEvent.keyboard("{Escape}");
  expect(screen.queryByRole("dialog")).toBeNull();
  await waitFor(() => expect(focused()).toBe(button));
});

it("returns the focus to the button of the menu that opened it", async () => {
  show();
  await userEvent.click(screen.getByRole("button", { name: "More" }));
  await userEvent.click(screen.getByRole("menuitem", { name: "Rename…" }));
  await waitFor(() => expect(focused()).toBe(screen.getByLabelText("Name")));
  await userEvent.click(screen.getByRole("button", { name: "Close" }));
  await waitFor(() => expect(focused()).toBe(screen.getByRole("button", { name: "More" })));
});

it("keeps the focus inside, and stays on a click beside it", async () => {
  show();
  await userEvent.click(screen.getByRole("button", { name: "Open" }));
  const dialog = screen.getByRole("dialog");
  for (let step = 0; step < 12; step++) {
    await userEvent.tab();
    expect(dialog.contains(focused())).toBe(true);
  }
  const backdrop = document.querySelector(".dialog-backdrop");
  await userEvent.setup({ pointerEventsCheck: 0 }).click(backdrop ?? document.body);
  expect(screen.getByRole("dialog")).toBeDefined();
});

it("is submitted by Enter, and then has the focus in the first field with an error, also of a later answer", async () => {
  const onSubmit = vi.fn(() => Promise.resolve());
  show(onSubmit);
  await userEvent.click(screen.getByRole("button", { name: "Open" }));
  await userEvent.type(screen.getByLabelText("Note"), "x{Enter}");
  expect(onSubmit).toHaveBeenCalledOnce();
  await waitFor(() => expect(focused()).toBe(screen.getByLabelText("Name")));
});

it("leaves the form around it alone when a dialog inside it is submitted, and closes only that one on Escape", async () => {
  const onSubmit = vi.fn();
  show(onSubmit);
  await userEvent.click(screen.getByRole("button", { name: "Open" }));
  await userEvent.click(screen.getByRole("button", { name: "Ask" }));
  await userEvent.click(screen.getByRole("button", { name: "Yes" }));
  expect(onSubmit).not.toHaveBeenCalled();
  await userEvent.keyboard("{Escape}");
  expect(screen.getAllByRole("dialog").map((dialog) => dialog.getAttribute("aria-labelledby"))).toHaveLength(1);
  expect(screen.getByRole("dialog", { name: "Rename" })).toBeDefined();
});
