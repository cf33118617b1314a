import { type ReactNode, useState } from "react";
import { API, checkFile, postJson } from "@/shared/api/client";

/**
 * A file that the browser downloads itself, of any size. It sends no header, so a ticket is requested first; and it does not report
 * errors to the page, so the request is checked first too.
 * `path` is as in the API, each part encoded, with its query.
 */
export function Download({ path, className, children }: { path: string; className?: string; children: ReactNode }) {
  const [failed, setFailed] = useState<string | null>(null);
  const href = API + path;
  async function begin() {
    setFailed(null);
    try {
      await checkFile(path);
      // A ticket is for a path; the query is free.
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

/** With a link instead of navigation: an answer that is not a file must not replace the page. */
function save(href: string) {
  const link = document.createElement("a");
  link.href = href;
  link.download = "";
  document.body.append(link);
  link.click();
  link.remove();
}
