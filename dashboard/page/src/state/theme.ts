// Light or dark: the system's, until somebody chooses.

import { Store } from "./store.ts";

const KEY = "holdfast:theme";
const systemDark = matchMedia("(prefers-color-scheme: dark)");
const stored = localStorage.getItem(KEY);

export const isDark = new Store(stored === null ? systemDark.matches : stored === "dark");

export function applyTheme(): void {
  const apply = () => {
    document.documentElement.dataset.theme = isDark.get() ? "dark" : "light";
  };
  isDark.subscribe(apply);
  systemDark.addEventListener("change", () => {
    if (localStorage.getItem(KEY) === null) isDark.set(systemDark.matches);
  });
  apply();
}

export function toggleTheme(): void {
  isDark.set((now) => !now);
  localStorage.setItem(KEY, isDark.get() ? "dark" : "light");
}
