import { useEffect, type ReactNode } from "react";

interface Props {
  title: string;
  /** The title of the browser's tab, if it differs. */
  tab?: string;
  above?: ReactNode;
  chips?: ReactNode;
  facts?: ReactNode;
  actions?: ReactNode;
}

/** Title, state, owner and facts at the left; the main action and the menu at the right. */
export function PageHead({ title, tab, above, chips, facts, actions }: Props) {
  const text = tab ?? title;
  useEffect(() => {
    document.title = `${text} · JAC`;
  }, [text]);
  return (
    <header className="page-head">
      <div className="page-head-text">
        {above !== undefined && <div className="page-above">{above}</div>}
        <div className="page-title">
          <h1>{title}</h1>
          {chips}
        </div>
        {facts !== undefined && <div className="page-facts">{facts}</div>}
      </div>
      <div className="page-actions">{actions}</div>
    </header>
  );
}
