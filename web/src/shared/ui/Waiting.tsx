import { useEffect, useState } from "react";

interface Props {
  what: string;
  /** The content is as high as the page. */
  tall?: boolean;
}

/** Says what is loading if it takes longer than 300 ms; before that nothing is shown, to avoid flicker. */
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
