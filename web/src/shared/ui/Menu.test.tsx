import { render, screen, waitFor } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { expect, it, vi } from "vitest";
import { Menu, MenuItem, Panel, PanelAction } from "./Menu";

const button = () => screen.getByRole("button", { name: "More" });

function show(onSelect: (name: string) => void = () => undefined, onKey?: (key: string) => void) {
  return render(
    // eslint-disable-next-line jsx-a11y/no-static-element-interactions -- stands for a dialog around the menu
    <div onKeyDown={(event) => !event.defaultPrevented && onKey?.(event.key)}>
      <Menu label="More">
        <MenuItem onSelect={() => onSelect("copy")}>Copy</MenuItem>
        <MenuItem disabled onSelect={() => onSelect("print")}>
          Print
        </MenuItem>
        <MenuItem danger consequence="Deletes its results." onSelect={() => onSelect("delete")}>
          Delete
        </MenuItem>
      </Menu>
      <p>Elsewhere</p>
    </div>,
  );
}

it("opens and closes with its button, which shows the state", async () => {
  show();
  expect([button().getAttribute("aria-haspopup"), button().getAttribute("aria-expanded")]).toEqual(["menu", "false"]);
  expect(screen.queryByRole("menu")).toBeNull();
  await userEvent.click(button());
  expect(button().getAttribute("aria-expanded")).toBe("true");
  expect(screen.getByRole("menu", { name: "More" }).id).toBe(button().getAttribute("aria-controls"));
  await userEvent.click(button());
  expect(screen.queryByRole("menu")).toBeNull();
});

it("performs the selected action once, closes, and returns the focus to its button", async () => {
  const onSelect = vi.fn();
  show(onSelect);
  await userEvent.click(button());
  await userEvent.click(screen.getByRole("menuitem", { name: /^Delete/ }));
  expect(onSelect.mock.calls).toEqual([["delete"]]);
  expect(screen.queryByRole("menu")).toBeNull();
  expect(document.activeElement).toBe(button());
});

it("is navigated with the arrow keys, wraps at its ends and skips disabled entries", async () => {
  const onSelect = vi.fn();
  show(onSelect);
  await userEvent.tab();
  await userEvent.keyboard("{ArrowDown}");
  expect(screen.getByRole("menu")).toBeDefined();
  const at = () => document.activeElement?.textContent;
  await waitFor(() => expect(at()).toBe("Copy"));
  await userEvent.keyboard("{ArrowDown}");
  expect(at()).toMatch(/^Delete/);
  await userEvent.keyboard("{ArrowDown}");
  expect(at()).toBe("Copy");
  await userEvent.keyboard("{ArrowUp}");
  expect(at()).toMatch(/^Delete/);
  await userEvent.keyboard("{Enter}");
  expect(onSelect.mock.calls).toEqual([["delete"]]);
});

it("handles Escape while it is open, and leaves it to its surroundings only afterwards", async () => {
  const around: string[] = [];
  show(undefined, (key) => around.push(key));
  await userEvent.click(button());
  await userEvent.keyboard("{Escape}");
  expect(screen.queryByRole("menu")).toBeNull();
  expect(document.activeElement).toBe(button());
  expect(around).toEqual([]);
  await userEvent.keyboard("{Escape}");
  expect(around).toEqual(["Escape"]);
});

it("closes on a click elsewhere", async () => {
  show();
  await userEvent.click(button());
  await userEvent.click(screen.getByText("Elsewhere"));
  expect(screen.queryByRole("menu")).toBeNull();
});

it("keeps a panel of switches open while they are used, until an action of it is chosen", async () => {
  const onSelect = vi.fn();
  render(
    <Panel label="Columns">
      <label>
        <input type="checkbox" />
        p95
      </label>
      <PanelAction onSelect={onSelect}>Reset</PanelAction>
    </Panel>,
  );
  const opener = screen.getByRole("button", { name: "Columns" });
  await userEvent.click(opener);
  expect(opener.getAttribute("aria-expanded")).toBe("true");
  await userEvent.click(screen.getByRole("checkbox", { name: "p95" }));
  expect(screen.getByRole("dialog", { name: "Columns" })).toBeDefined();
  expect(screen.getByRole<HTMLInputElement>("checkbox", { name: "p95" }).checked).toBe(true);
  await userEvent.click(screen.getByRole("button", { name: "Reset" }));
  expect(onSelect).toHaveBeenCalledOnce();
  expect(screen.queryByRole("dialog")).toBeNull();
  await waitFor(() => expect(document.activeElement).toBe(opener));
});
