import { useEffect, useState } from "react";

export interface PageSection {
  id: string;
  name: string;
}

/** A line that stays at the top and leads to the sections of a long page. Buttons, since the offline page's hash is its router's. */
export function PageIndex({ sections }: { sections: PageSection[] }) {
  const ids = sections.map((section) => section.id).join(" ");
  const [at, setAt] = useState<string | null>(null);
  useEffect(() => {
    const look = () => {
      // The last section whose head has passed under this line; at the page's end the last one of all.
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

/** To a section; once more a moment later, when the charts on the way have been made and are as high as they are. */
export function goTo(id: string): void {
  const go = () => document.getElementById(id)?.scrollIntoView({ block: "start" });
  go();
  const there = window.scrollY;
  setTimeout(() => {
    // Unless the reader has gone on.
    if (Math.abs(window.scrollY - there) < 200) go();
  }, 250);
}
