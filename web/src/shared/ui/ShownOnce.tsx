import { useState } from "react";
import { copyText } from "@/shared/export/clipboard";
import { Icon } from "./Icon";

interface Props {
  label: string;
  secret: string;
  hint?: string;
}

/** A secret that the server shows once, to copy now. */
export function ShownOnce({ label, secret, hint = "Copy it now: it is not shown again." }: Props) {
  const [said, setSaid] = useState<string | null>(null);
  const copy = () => {
    void copyText(secret).then((done) => setSaid(done ? "Copied" : "Clipboard access denied: select and copy it manually"));
  };
  return (
    <div className="shown-once">
      <code aria-label={label}>{secret}</code>
      <button type="button" className="btn btn-outline-secondary" onClick={copy}>
        <Icon name="copy" /> Copy
      </button>
      <span className="shown-once-said" role="status">
        {said ?? hint}
      </span>
    </div>
  );
}

/** An absolute link to this server, even if the answer has only its path. */
export function absoluteLink(link: string): string {
  return new URL(link, window.location.origin).href;
}
