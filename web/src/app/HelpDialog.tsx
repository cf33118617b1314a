import { useState } from "react";
import { Dialog } from "@/shared/ui/Dialog";
import { Switch } from "@/shared/ui/Field";
import { PAGES } from "./pages";
import { shortcutsOn, switchShortcuts } from "./shortcutChoice";

const COMMAND = /Mac|iPhone|iPad/.test(navigator.userAgent) ? "⌘" : "Ctrl";

const GROUPS: { title: string; keys: [keys: string[], does: string][] }[] = [
  {
    title: "Everywhere",
    keys: [
      [[COMMAND, "K"], "Search pages, runs, plans and clusters"],
      [["/"], "Go to the search or filter of the page"],
      [["?"], "Show this help"],
      [["Esc"], "Close a dialog or a menu"],
    ],
  },
  { title: "Go to", keys: PAGES.map(({ key, word }) => [["g", key], word]) },
  {
    title: "Tables",
    keys: [
      [["↑"], "Previous row"],
      [["↓"], "Next row"],
      [["Enter"], "Open the row"],
      [["Shift", "←"], "Narrower column, in its head"],
      [["Shift", "→"], "Wider column, in its head"],
    ],
  },
];

/** The list of keyboard shortcuts. */
export function HelpDialog({ onClose }: { onClose: () => void }) {
  const [on, setOn] = useState(shortcutsOn);
  return (
    <Dialog title="Keyboard shortcuts" onClose={onClose} onSubmit={onClose}>
      {GROUPS.map(({ title, keys }) => (
        <section key={title} className="shortcut-group">
          <h3>{title}</h3>
          <dl>
            {keys.map(([combination, does]) => (
              <div key={does}>
                <dt>
                  {combination.map((key) => (
                    <kbd key={key}>{key}</kbd>
                  ))}
                </dt>
                <dd>{does}</dd>
              </div>
            ))}
          </dl>
        </section>
      ))}
      <Switch
        label="Single-key shortcuts"
        help="Turn off if speech input triggers them."
        checked={on}
        onChange={(next) => {
          switchShortcuts(next);
          setOn(next);
        }}
      />
    </Dialog>
  );
}
