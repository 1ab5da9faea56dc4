import { type FormEvent, type ReactNode, useEffect, useRef } from "react";
import { useOverlay } from "../state/overlays.ts";

interface DialogProps {
  title: string;
  children: ReactNode;
  /** Called when it is left by Escape, by Back or by its buttons; without it, it cannot be left. */
  onClose?: () => void;
  className?: string;
}

/** A dialog of the browser's own: it keeps the focus in it and gives it back. */
export function Dialog({ title, children, onClose, className = "" }: DialogProps) {
  const element = useRef<HTMLDialogElement>(null);
  useEffect(() => {
    const dialog = element.current;
    dialog?.showModal();
    return () => dialog?.close();
  }, []);
  useOverlay(onClose !== undefined, onClose);
  return (
    <dialog
      ref={element}
      className={`dialog ${className}`}
      aria-label={title}
      onCancel={(event) => {
        event.preventDefault();
        onClose?.();
      }}
      onClose={() => {
        // Browsers close it at the second Escape, whatever is done about the first.
        if (onClose) onClose();
        else if (element.current?.open === false) element.current.showModal();
      }}
    >
      <h2>{title}</h2>
      {children}
    </dialog>
  );
}

interface FormDialogProps {
  title: string;
  children: ReactNode;
  /** What its button does, or says that it is doing. */
  verb: string;
  isBusy?: boolean;
  /** Why it did not work. */
  problem: string | null;
  onSubmit: (event: FormEvent) => void;
  onClose: () => void;
}

/** A dialog that is filled in. */
export function FormDialog({ title, children, verb, isBusy = false, problem, onSubmit, onClose }: FormDialogProps) {
  return (
    <Dialog title={title} onClose={onClose}>
      <form className="form" onSubmit={onSubmit}>
        {children}
        {problem && (
          <p className="problem" role="alert">
            {problem}
          </p>
        )}
        <div className="dialog-buttons">
          <button type="button" className="button" onClick={onClose}>
            Cancel
          </button>
          <button type="submit" className="button primary" disabled={isBusy}>
            {verb}
          </button>
        </div>
      </form>
    </Dialog>
  );
}

interface ConfirmProps {
  title: string;
  text: string;
  verb: string;
  onConfirm: () => void;
  onClose: () => void;
}

/** Only for what cannot be taken back. */
export function Confirm({ title, text, verb, onConfirm, onClose }: ConfirmProps) {
  return (
    <Dialog title={title} onClose={onClose}>
      <p>{text}</p>
      <div className="dialog-buttons">
        <button type="button" className="button" onClick={onClose}>
          Cancel
        </button>
        <button
          type="button"
          className="button danger"
          onClick={() => {
            onConfirm();
            onClose();
          }}
        >
          {verb}
        </button>
      </div>
    </Dialog>
  );
}
