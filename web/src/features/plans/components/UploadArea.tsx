import { useRef, useState, type ReactNode } from "react";
import type { Plan } from "@/shared/api/types";
import { formatBytes, plural } from "@/shared/format/numbers";
import { ErrorBox } from "@/shared/ui/ErrorBox";
import { Icon } from "@/shared/ui/Icon";
import { Note } from "@/shared/ui/Note";
import { fromDrop, fromInput } from "../chosenFiles";
import { useUploading } from "../useUploading";

interface Props {
  /** The plan that gets the files; null creates a new one. */
  planId: string | null;
  limits: { max_upload_bytes: number; max_files: number };
  onDone: (plan: Plan) => void;
  children: ReactNode;
}

/** An area to drop files and folders on, with buttons that do the same, and the progress of the upload. */
export function UploadArea({ planId, limits, onDone, children }: Props) {
  const files = useRef<HTMLInputElement>(null);
  const folder = useRef<HTMLInputElement>(null);
  const [over, setOver] = useState(false);
  const upload = useUploading(planId, limits, onDone);
  const busy = upload.progress !== null;
  return (
    <section
      className={`upload ${over ? "upload-over" : ""}`}
      aria-label="Upload"
      onDragOver={(event) => {
        event.preventDefault();
        setOver(true);
      }}
      onDragLeave={() => setOver(false)}
      onDrop={(event) => {
        event.preventDefault();
        setOver(false);
        if (!busy) void fromDrop(event.dataTransfer.items).then(upload.send);
      }}
    >
      <input
        ref={files}
        type="file"
        multiple
        hidden
        data-upload="files"
        onChange={(event) => {
          upload.send(fromInput(event.target.files ?? []));
          event.target.value = "";
        }}
      />
      <input
        ref={(element) => {
          folder.current = element;
          element?.setAttribute("webkitdirectory", "");
        }}
        type="file"
        hidden
        data-upload="folder"
        onChange={(event) => {
          upload.send(fromInput(event.target.files ?? []));
          event.target.value = "";
        }}
      />
      <Icon name="cloud-upload" />
      {busy ? <Sending upload={upload} /> : <p>{children}</p>}
      {!busy && (
        <div className="upload-buttons">
          <button type="button" className="btn btn-outline-secondary" onClick={() => files.current?.click()}>
            Choose files
          </button>
          <button type="button" className="btn btn-outline-secondary" onClick={() => folder.current?.click()}>
            Choose a folder
          </button>
        </div>
      )}
      {upload.choices.length > 0 && (
        <Note tone="info">
          Several plans found. Select the one to run:{" "}
          <span className="upload-choices">
            {upload.choices.map((path) => (
              <button key={path} type="button" className="btn btn-sm btn-outline-secondary" onClick={() => upload.choose(path)}>
                {path}
              </button>
            ))}
          </span>
        </Note>
      )}
      {upload.fault !== null && <Note tone="attention">{upload.fault}</Note>}
      {upload.error !== null && <ErrorBox error={upload.error} />}
    </section>
  );
}

function Sending({ upload }: { upload: ReturnType<typeof useUploading> }) {
  const { sent_bytes, total_bytes } = upload.progress ?? { sent_bytes: 0, total_bytes: 0 };
  const share = total_bytes === 0 ? 0 : (sent_bytes / total_bytes) * 100;
  const done = total_bytes > 0 && sent_bytes >= total_bytes;
  return (
    <div className="upload-progress" role="status">
      <span>{done ? "Checking the plan…" : `Uploading ${plural(upload.files.length, "file")}: ${formatBytes(sent_bytes)} of ${formatBytes(total_bytes)}`}</span>
      <div className="progress" role="progressbar" aria-label="Sent" aria-valuenow={Math.round(share)} aria-valuemin={0} aria-valuemax={100}>
        <div className="progress-bar" style={{ width: `${share}%` }} />
      </div>
      {!done && (
        <button type="button" className="btn btn-quiet" onClick={upload.cancel}>
          Cancel
        </button>
      )}
    </div>
  );
}
