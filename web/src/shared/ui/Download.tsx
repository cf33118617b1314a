import { type ReactNode, useState } from "react";
import { API, checkFile, postJson } from "@/shared/api/client";

/**
 * A file that the browser gets by itself, however large it is. It sends no header along, so leave is asked for first; and it says to nobody
 * what it was refused, so that is asked for too.
 * `path` is as the API has it, each part encoded, with its query.
 */
export function Download({ path, className, children }: { path: string; className?: string; children: ReactNode }) {
  const [failed, setFailed] = useState<string | null>(null);
  const href = API + path;
  async function begin() {
    setFailed(null);
    try {
      await checkFile(path);
      // A ticket is for a path; what is asked of it is free.
      const { ticket } = await postJson<{ ticket: string }>("/session/tickets", { path: href.split("?")[0] });
      save(`${href}${href.includes("?") ? "&" : "?"}ticket=${ticket}`);
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

/** By a link, not by going there: an answer that is no file must not take the place of the page. */
function save(href: string) {
  const link = document.createElement("a");
  link.href = href;
  link.download = "";
  document.body.append(link);
  link.click();
  link.remove();
}
