import { useState } from "react";
import { copyText } from "@/shared/export/clipboard";

/** An ID, or another text to enter elsewhere, which is copied by a click. */
export function CopyId({ id, what = "ID" }: { id: string; what?: string }) {
  const [copied, setCopied] = useState(false);
  const copy = () => {
    void copyText(id).then((done) => {
      setCopied(done);
      setTimeout(() => setCopied(false), 1500);
    });
  };
  return (
    <button type="button" className="copy-id" title={`Copy ${what}`} onClick={copy}>
      {copied ? "copied" : id}
    </button>
  );
}
