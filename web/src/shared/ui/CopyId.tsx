import { useState } from "react";
import { copyText } from "@/shared/export/clipboard";

/** An id that is copied by a click. */
export function CopyId({ id }: { id: string }) {
  const [copied, setCopied] = useState(false);
  const copy = () => {
    void copyText(id).then((done) => {
      setCopied(done);
      setTimeout(() => setCopied(false), 1500);
    });
  };
  return (
    <button type="button" className="copy-id" title="Copy ID" onClick={copy}>
      {copied ? "copied" : id}
    </button>
  );
}
