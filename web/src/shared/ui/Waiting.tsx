import { useEffect, useState } from "react";

interface Props {
  what: string;
  /** What comes in its place is as long as the page. */
  tall?: boolean;
}

/** Says what is waited for once it takes longer than 300 ms; before that, nothing flickers. */
export function Waiting({ what, tall = false }: Props) {
  const [late, setLate] = useState(false);
  useEffect(() => {
    const timer = setTimeout(() => setLate(true), 300);
    return () => clearTimeout(timer);
  }, []);
  return (
    <div className={tall ? "waiting waiting-tall" : "waiting"} role="status">
      {late && (
        <>
          <span className="spinner-border spinner-border-sm" aria-hidden /> {what}
        </>
      )}
    </div>
  );
}
