import { useState } from "react";
import type { FoundSample } from "@/shared/api/types";
import { copyText } from "@/shared/export/clipboard";
import { formatBytes, formatCount, formatMs } from "@/shared/format/numbers";
import { formatTimeMsNear, zoneWords } from "@/shared/format/time";
import { Chip } from "@/shared/ui/Chip";
import { Dialog } from "@/shared/ui/Dialog";
import { Icon } from "@/shared/ui/Icon";
import { urlOf } from "./sampleUrl";

/** All fields of one sample in the log; each value and all of them can be copied. */
export function SampleDetail({ sample, onClose }: { sample: FoundSample; onClose: () => void }) {
  const [copied, setCopied] = useState<string | null>(null);
  const copy = (what: string, text: string) => {
    void copyText(text).then((done) => {
      setCopied(done ? what : null);
      setTimeout(() => setCopied(null), 1500);
    });
  };
  // Without a reference time the date is always shown.
  const start = `${formatTimeMsNear(sample.start_ms, 0)} ${zoneWords(sample.start_ms)}`;
  const fields: { name: string; shown: string; raw: string }[] = [
    { name: "Label", shown: sample.label, raw: sample.label },
    { name: "Started", shown: start, raw: String(sample.start_ms) },
    { name: "Response time", shown: formatMs(sample.elapsed_ms), raw: String(sample.elapsed_ms) },
    { name: "Latency", shown: formatMs(sample.latency_ms), raw: String(sample.latency_ms ?? "") },
    { name: "Connect", shown: formatMs(sample.connect_ms), raw: String(sample.connect_ms ?? "") },
    { name: "Response code", shown: sample.code, raw: sample.code },
    { name: "Message", shown: sample.message, raw: sample.message },
    { name: "Failed assertion", shown: sample.failure_message, raw: sample.failure_message },
    { name: "URL", shown: urlOf(sample), raw: urlOf(sample) },
    { name: "Thread", shown: sample.thread, raw: sample.thread },
    { name: "Received", shown: formatBytes(sample.received_bytes), raw: String(sample.received_bytes ?? "") },
    { name: "Sent", shown: formatBytes(sample.sent_bytes), raw: String(sample.sent_bytes ?? "") },
    { name: "Position", shown: `byte offset ${formatCount(sample.position)} in ${sample.log === 0 ? "results.jtl" : `result log ${sample.log + 1}`}`, raw: String(sample.position) },
  ];
  return (
    <Dialog
      title="Sample"
      wide
      onClose={onClose}
      footer={
        <>
          <button type="button" className="btn btn-outline-secondary" onClick={() => copy("all", JSON.stringify(sample, null, 2))}>
            <Icon name="copy" /> {copied === "all" ? "Copied" : "Copy as JSON"}
          </button>
          <button type="button" className="btn btn-primary" onClick={onClose}>
            Close
          </button>
        </>
      }
    >
      <dl className="sample-detail">
        <div>
          <dt>Result</dt>
          <dd>
            <Chip tone={sample.success ? "good" : "failed"} word={sample.success ? "passed" : "failed"} icon={sample.success ? "check-circle" : "x-circle"} />
          </dd>
        </div>
        {fields.map(({ name, shown, raw }) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd>
              {shown === "" ? <span className="text-faint">none</span> : <span>{shown}</span>}
              {raw !== "" && (
                <button type="button" className="btn btn-quiet" title={`Copy ${name}`} aria-label={`Copy ${name}`} onClick={() => copy(name, raw)}>
                  {copied === name ? "copied" : <Icon name="copy" />}
                </button>
              )}
            </dd>
          </div>
        ))}
      </dl>
    </Dialog>
  );
}
