import { useEffect, useLayoutEffect, useRef, useState, type ReactNode } from "react";
import { goToFirstFault } from "./faultsInView";
import { Icon } from "./Icon";

interface Props {
  title: string;
  wide?: boolean;
  onClose: () => void;
  children: ReactNode;
  /** null: none; absent: a close button, for a dialog that only shows something. */
  footer?: ReactNode;
  /** Makes the dialog a form, which Enter submits. The first field with an error that it shows after that has the focus. */
  onSubmit?: () => void | Promise<void>;
}

/**
 * A modal dialog with the browser's own `<dialog>` (it traps the focus, closes on Escape), and Bootstrap's modal inside. The focus goes to the
 * element with `data-first-focus`, otherwise to the close button.
 */
export function Dialog({ title, wide, onClose, children, footer, onSubmit }: Props) {
  const ref = useRef<HTMLDialogElement>(null);
  // Closed while it is still in the page: only then does the browser restore the focus.
  useLayoutEffect(() => {
    const dialog = ref.current;
    dialog?.showModal();
    dialog?.querySelector<HTMLElement>("[data-first-focus]")?.focus();
    return () => dialog?.close();
  }, []);
  const [submits, setSubmits] = useState(0);
  useEffect(() => {
    if (submits > 0) goToFirstFault(ref.current);
  }, [submits]);
  return (
    <dialog
      ref={ref}
      className={wide === true ? "dialog dialog-wide" : "dialog"}
      aria-label={title}
      onCancel={(event) => {
        if (event.target !== ref.current) return;
        event.preventDefault();
        onClose();
      }}
    >
      <form
        className="modal-content"
        noValidate
        onSubmit={(event) => {
          event.preventDefault();
          void Promise.resolve(onSubmit?.()).then(() => setSubmits((count) => count + 1));
        }}
      >
        <header className="modal-header">
          <h2 className="modal-title">{title}</h2>
          <button type="button" className="btn btn-quiet" aria-label="Close" onClick={onClose}>
            <Icon name="x" />
          </button>
        </header>
        <div className="modal-body">{children}</div>
        {footer !== null && (
          <footer className="modal-footer">
            {footer ?? (
              <button type="button" className="btn btn-outline-secondary" onClick={onClose}>
                Close
              </button>
            )}
          </footer>
        )}
      </form>
    </dialog>
  );
}
