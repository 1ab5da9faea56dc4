// What has happened, said once: with a way back where there is one.

import { HoldfastError } from "../../../client/index.ts";
import { size } from "./format.ts";
import { Store } from "./store.ts";

export interface Toast {
  id: number;
  text: string;
  kind: "done" | "error";
  action?: { label: string; run: () => void };
}

const LASTS_MS = 8000;
const AT_ONCE = 3;

export const toasts = new Store<readonly Toast[]>([]);
let made = 0;

export function say(text: string, more: Partial<Pick<Toast, "kind" | "action">> = {}): number {
  made += 1;
  const toast: Toast = { id: made, text, kind: "done", ...more };
  toasts.set((all) => [...all, toast].slice(-AT_ONCE));
  setTimeout(dismiss, toast.kind === "error" ? 2 * LASTS_MS : LASTS_MS, toast.id);
  return toast.id;
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
