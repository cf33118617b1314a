import { type ReactNode, useState } from "react";
import { API, postJson } from "@/shared/api/client";

/**
 * A file that the browser gets by itself, however large it is. It sends no header along, so leave is asked for first.
 * `path` is as the API has it, each part encoded, with its query.
 */
export function Download({ path, className, children }: { path: string; className?: string; children: ReactNode }) {
  const [failed, setFailed] = useState<string | null>(null);
  const href = API + path;
  async function begin() {
    setFailed(null);
    try {
      // A ticket is for a path; what is asked of it is free.
      const { ticket } = await postJson<{ ticket: string }>("/session/tickets", { path: href.split("?")[0] });
      window.location.assign(`${href}${href.includes("?") ? "&" : "?"}ticket=${ticket}`);
    } catch (error) {
      setFailed(error instanceof Error ? error.message : String(error));
    }
  }
  return (
    <>
      <a
        className={className}
        href={href}
        download
        onClick={(event) => {
          event.preventDefault();
          void begin();
        }}
      >
        {children}
      </a>
      {failed !== null && (
        <span role="alert" className="text-danger">
          {failed}
        </span>
      )}
    </>
  );
}
