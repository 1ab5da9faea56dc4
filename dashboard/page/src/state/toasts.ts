// What has happened, said once: with a way back where there is one.

import { HoldfastError } from "../../../client/index.ts";
import { size } from "./format.ts";
import { visible } from "./paths.ts";
import { Store } from "./store.ts";

/** What can be done about it: with that, it need not be said any longer. */
export interface ToastAction {
  label: string;
  run: () => void;
}

export interface Toast {
  id: number;
  text: string;
  /** What is asked, and what is under way, stays until it is over. */
  kind: "done" | "error" | "question" | "doing";
  action?: ToastAction;
  /** More than one answer. */
  actions?: readonly ToastAction[];
}

const LASTS_MS = 8000;
const AT_ONCE = 3;
/** What takes longer says how far it is, and how far again after as long. */
const SAID_AFTER_MS = 1000;

export const toasts = new Store<readonly Toast[]>([]);
let made = 0;

const stays = ({ kind }: Toast) => kind === "question" || kind === "doing";

export function say(text: string, more: Partial<Omit<Toast, "id" | "text">> = {}): number {
  made += 1;
  const toast: Toast = { id: made, text: visible(text), kind: "done", ...more };
  toasts.set((all) => {
    const passing = all.filter((one) => !stays(one)).slice(1 - AT_ONCE);
    return [...all.filter((one) => stays(one) || passing.includes(one)), toast];
  });
  if (!stays(toast)) setTimeout(dismiss, toast.kind === "error" ? 2 * LASTS_MS : LASTS_MS, toast.id);
  return toast.id;
}

/** What is said of something under way: once it takes a second, as often as it goes on, until it is over. */
export function sayProgress(textOf: () => string, cancel: () => void): () => void {
  let id: number | null = null;
  const timer = setInterval(() => {
    const text = textOf();
    if (id === null) id = say(text, { kind: "doing", action: { label: "Cancel", run: cancel } });
    else toasts.set((all) => all.map((toast) => (toast.id === id ? { ...toast, text } : toast)));
  }, SAID_AFTER_MS);
  return () => {
    clearInterval(timer);
    if (id !== null) dismiss(id);
  };
}

/** A question with its answers; each of them, or leaving it, ends it. */
export function ask(text: string, answers: readonly ToastAction[]): void {
  say(text, { kind: "question", actions: answers });
}

/** Why something failed, with the limit that it met, if it met one. */
export function whyOf(cause: unknown): string {
  if (!(cause instanceof Error)) return String(cause);
  if (!(cause instanceof HoldfastError)) return cause.message;
  const { maxSize, leftBytes } = cause.body;
  if (typeof maxSize === "number") return `${cause.message}: up to ${size(maxSize)} fit`;
  if (typeof leftBytes === "number") return `${cause.message}: ${size(leftBytes)} are left`;
  return cause.message;
}

export function sayError(doing: string, cause: unknown, action?: Toast["action"]): void {
  if (cause instanceof Error && cause.name === "AbortError") return;
  say(`${doing}: ${whyOf(cause)}`, { kind: "error", ...(action && { action }) });
}

export function dismiss(id: number): void {
  toasts.set((all) => all.filter((toast) => toast.id !== id));
}
