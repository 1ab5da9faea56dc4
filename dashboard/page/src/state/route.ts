// Where in the page somebody is. It is the address's fragment, so that back, forward and reload work, and no server hears of it.

import { useSyncExternalStore } from "react";
import { depthHere } from "./overlays.ts";

export const SCREENS = ["files", "chat", "memory", "media", "store", "activity", "trash"] as const;
export type Screen = (typeof SCREENS)[number];

export interface Route {
  screen: Screen;
  /**
   * In chat: the key of one. In memory: one of its pages. In files: the path below the root, `notes/` for a directory and
   * `notes/today.md` for a file. In the store: a part of it (`apps`, `desktops`, `installed`, `mine`), or one thing (`apps/ID`).
   */
  path: string;
}

/** Reads a fragment; anything that is none of ours is the root. */
export function parseRoute(hash: string): Route {
  const [, name = "", ...rest] = hash.replace(/^#/, "").split("/");
  const screen = SCREENS.find((known) => known === name) ?? "files";
  try {
    return { screen, path: rest.map(decodeURIComponent).join("/") };
  } catch {
    return { screen, path: "" };
  }
}

export function hrefOf({ screen, path }: Route): string {
  return `#/${screen}/${path.split("/").map(encodeURIComponent).join("/")}`;
}

export function go(route: Route, { replace = false } = {}): void {
  const href = hrefOf(route);
  if (href === location.hash) return;
  // The entry of what lay over the screen is taken, so that Back leads to the screen.
  history[replace || depthHere() > 0 ? "replaceState" : "pushState"](null, "", href);
  dispatchEvent(new PopStateEvent("popstate"));
}

/** Has links within the page lead where `go` does, but for those that are opened elsewhere. */
export function followLinks(): void {
  addEventListener("click", (event) => {
    const isPlain = event.button === 0 && !(event.ctrlKey || event.metaKey || event.shiftKey || event.altKey);
    const link = event.target instanceof Element ? event.target.closest<HTMLAnchorElement>('a[href^="#/"]') : null;
    if (!link || !isPlain || event.defaultPrevented || link.target !== "") return;
    event.preventDefault();
    go(parseRoute(link.hash));
  });
}

/** Goes to a directory, given by its whole path. */
export function visitDirectory(root: string, directory: string, options?: { replace: boolean }): void {
  go({ screen: "files", path: directory === root ? "" : `${directory.slice(root.length + 1)}/` }, options);
}

function subscribe(watcher: () => void): () => void {
  addEventListener("popstate", watcher);
  addEventListener("hashchange", watcher);
  return () => {
    removeEventListener("popstate", watcher);
    removeEventListener("hashchange", watcher);
  };
}

let last = { hash: "", route: parseRoute("") };

export function useRoute(): Route {
  return useSyncExternalStore(subscribe, () => {
    if (last.hash !== location.hash) last = { hash: location.hash, route: parseRoute(location.hash) };
    return last.route;
  });
}
