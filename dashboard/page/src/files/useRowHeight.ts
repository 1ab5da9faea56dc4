import { useSyncExternalStore } from "react";

const coarse = matchMedia("(pointer: coarse), (max-width: 700px)");

function subscribe(watcher: () => void): () => void {
  coarse.addEventListener("change", watcher);
  return () => coarse.removeEventListener("change", watcher);
}

/** The height of a row in pixels: as the style sheet has it, and large enough for a finger where there is one. */
export function useRowHeight(): number {
  return useSyncExternalStore(subscribe, () => coarse.matches) ? 48 : 32;
}
