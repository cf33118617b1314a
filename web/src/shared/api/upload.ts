import { API, errorFrom, unreachable } from "./client";
import { pageSecret } from "./pageSecret";

export interface UploadFile {
  /** Relative path with forward slashes, as the plan names it. */
  path: string;
  file: File;
}

export interface UploadProgress {
  sent_bytes: number;
  total_bytes: number;
}

/** A multipart upload with real progress, which `fetch` does not report; abort it through the signal. */
export function upload<T>(path: string, fields: Record<string, string>, files: UploadFile[], onProgress: (progress: UploadProgress) => void, signal: AbortSignal): Promise<T> {
  const form = new FormData();
  for (const [name, value] of Object.entries(fields)) form.append(name, value);
  for (const { path: filename, file } of files) form.append("file", file, filename);
  return new Promise<T>((resolve, reject) => {
    const request = new XMLHttpRequest();
    request.open("POST", API + path);
    request.setRequestHeader("X-JAC-Page", pageSecret());
    request.setRequestHeader("Accept", "application/json");
    request.upload.onprogress = (event) => {
      onProgress({ sent_bytes: event.loaded, total_bytes: event.total });
    };
    request.onload = () => {
      if (request.status >= 200 && request.status < 300) resolve(JSON.parse(request.responseText) as T);
      else reject(errorFrom(request.status, request.responseText, request.getResponseHeader("Retry-After")));
    };
    request.onerror = () => reject(unreachable("The connection was lost during the upload."));
    request.onabort = () => reject(new DOMException("The upload was cancelled.", "AbortError"));
    signal.addEventListener("abort", () => request.abort());
    request.send(form);
  });
}
