import { useEffect, useState } from "react";

export interface PageSection {
  id: string;
  name: string;
}

/** A bar that stays at the top and links to the sections of a long page. Buttons, because the offline page's hash belongs to its router. */
export function PageIndex({ sections }: { sections: PageSection[] }) {
  const ids = sections.map((section) => section.id).join(" ");
  const [at, setAt] = useState<string | null>(null);
  useEffect(() => {
    const look = () => {
      // The last section whose header is above this line; at the page's end the last section.
      const all = ids.split(" ");
      const passed = all.filter((id) => (document.getElementById(id)?.getBoundingClientRect().top ?? Infinity) < 130);
      const end = window.scrollY > 0 && window.innerHeight + window.scrollY >= document.documentElement.scrollHeight - 4;
      setAt((end ? all.at(-1) : passed.at(-1)) ?? null);
    };
    look();
    window.addEventListener("scroll", look, { passive: true });
    return () => window.removeEventListener("scroll", look);
  }, [ids]);
  return (
    <nav className="page-index no-print" aria-label="Sections of this page">
      {sections.map((section) => (
        <button key={section.id} type="button" className="btn btn-quiet" aria-current={at === section.id ? "true" : undefined} onClick={() => goTo(section.id)}>
          {section.name}
        </button>
      ))}
    </nav>
  );
}

const SETTLE_MS = 1500;

/** Scrolls to a section, and again while charts above it are created and change their height; until the reader scrolls. */
export function goTo(id: string): void {
  const stop = new AbortController();
  for (const event of ["wheel", "touchstart", "keydown", "pointerdown"]) window.addEventListener(event, () => stop.abort(), { signal: stop.signal, passive: true });
  const until = Date.now() + SETTLE_MS;
  const go = () => {
    if (stop.signal.aborted) return;
    document.getElementById(id)?.scrollIntoView({ block: "start" });
    if (Date.now() < until) setTimeout(go, 100);
    else stop.abort();
  };
  go();
}
