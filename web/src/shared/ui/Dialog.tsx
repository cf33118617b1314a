import * as Modal from "@radix-ui/react-dialog";
import { useEffect, useRef, useState, type ReactNode } from "react";
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
 * A modal dialog with Radix (it traps the focus, closes on Escape, and returns the focus), and Bootstrap's modal inside. The focus goes to the
 * element with `data-first-focus`, otherwise to the close button.
 */
export function Dialog({ title, wide, onClose, children, footer, onSubmit }: Props) {
  const ref = useRef<HTMLDivElement>(null);
  const before = useRef<Element | null>(null);
  const [submits, setSubmits] = useState(0);
  useEffect(() => {
    if (submits > 0) goToFirstFault(ref.current);
  }, [submits]);
  return (
    <Modal.Root open onOpenChange={onClose}>
      <Modal.Portal>
        {/* Not Radix's overlay: that adds a <style> element, which the Content-Security-Policy refuses. */}
        <div className="dialog-backdrop">
          <Modal.Content
            ref={ref}
            className={wide === true ? "dialog dialog-wide" : "dialog"}
            aria-describedby={undefined}
            onOpenAutoFocus={(event) => {
              before.current = document.activeElement;
              const first = ref.current?.querySelector<HTMLElement>("[data-first-focus]");
              if (first == null) return;
              event.preventDefault();
              first.focus();
            }}
            // Radix itself returns it to a trigger only, which our dialogs do not have.
            onCloseAutoFocus={() => {
              if (before.current instanceof HTMLElement) before.current.focus();
            }}
            // Only its buttons and Escape close it: what was typed must not be lost by a click beside it.
            onInteractOutside={(event) => event.preventDefault()}
          >
            <form
              className="modal-content"
              noValidate
              onSubmit={(event) => {
                event.preventDefault();
                // A portal's events bubble to the components around it, among them the form of another dialog.
                event.stopPropagation();
                void Promise.resolve(onSubmit?.()).then(() => setSubmits((count) => count + 1));
              }}
            >
              <header className="modal-header">
                <Modal.Title className="modal-title">{title}</Modal.Title>
                <Modal.Close className="btn btn-quiet" aria-label="Close">
                  <Icon name="x" />
                </Modal.Close>
              </header>
              <div className="modal-body">{children}</div>
              {footer !== null && <footer className="modal-footer">{footer ?? <Modal.Close className="btn btn-outline-secondary">Close</Modal.Close>}</footer>}
            </form>
          </Modal.Content>
        </div>
      </Modal.Portal>
    </Modal.Root>
  );
}
