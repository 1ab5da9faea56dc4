// What lies over a screen, and is left by Back before the screen is: menus, dialogs, the drawer, a choice of several.
//
// The first one that is opened at a place adds an entry to the history, with the same address, and each one above it another.
// Closed otherwise, it leaves its entry behind: the next overlay takes it, going elsewhere replaces it, and Back passes over it. To
// go back at once would take time, in which somebody may have gone elsewhere.

import { useEffect, useRef } from "react";

const KEY = "overlays";
/** Those that are open, the topmost last. */
const open: (() => void)[] = [];

/** How many overlays the entry of the history that somebody is at is for. */
export function depthHere(): number {
  const state: unknown = history.state;
  return typeof state === "object" && state !== null && KEY in state ? Number(state[KEY]) : 0;
}

let last = { depth: 0, address: "" };
const look = () => {
  last = { depth: depthHere(), address: location.href };
};

function enter(close: () => void): () => void {
  open.push(close);
  if (depthHere() < open.length) history.pushState({ [KEY]: open.length }, "");
  look();
  return () => {
    const at = open.indexOf(close);
    if (at >= 0) open.splice(at, 1);
  };
}

/** Has Back close what is open. For whoever begins the page to call once, before anything listens for where somebody is. */
export function followBack(): void {
  look();
  addEventListener("popstate", () => {
    const before = last;
    look();
    const left = open.splice(last.depth);
    for (const close of left.reverse()) close();
    // Nothing was open any more where somebody was: what they mean is before it.
    if (left.length === 0 && last.depth < before.depth && last.address === before.address) history.back();
  });
}

/** Has Back close this, as long as it is open. */
export function useOverlay(isOpen: boolean, close: (() => void) | undefined): void {
  const latest = useRef(close);
  latest.current = close;
  useEffect(() => (isOpen ? enter(() => latest.current?.()) : undefined), [isOpen]);
}
