// What has happened, said once: with a way back where there is one.

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

export function sayError(doing: string, cause: unknown, action?: Toast["action"]): void {
  if (cause instanceof Error && cause.name === "AbortError") return;
  const why = cause instanceof Error ? cause.message : String(cause);
  say(`${doing}: ${why}`, { kind: "error", ...(action && { action }) });
}

export function dismiss(id: number): void {
  toasts.set((all) => all.filter((toast) => toast.id !== id));
}
