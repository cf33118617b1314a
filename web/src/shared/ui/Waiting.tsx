import { useEffect, useState } from "react";

/** Says what is waited for once it takes longer than 300 ms; before that, nothing flickers. */
export function Waiting({ what }: { what: string }) {
  const [late, setLate] = useState(false);
  useEffect(() => {
    const timer = setTimeout(() => setLate(true), 300);
    return () => clearTimeout(timer);
  }, []);
  return (
    <div className="waiting" role="status">
      {late && (
        <>
          <span className="spinner-border spinner-border-sm" aria-hidden /> {what}
        </>
      )}
    </div>
  );
}
