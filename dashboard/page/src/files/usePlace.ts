import { type RefObject, useEffect, useLayoutEffect, useRef, useState } from "react";
import { parentOf } from "../state/paths.ts";
import { useWorkspace } from "../state/workspace.ts";
import { reveal } from "../ui/useVirtual.ts";

/** Where somebody was in a directory when they left it. */
export interface Place {
  top: number;
  focus: string | null;
  /** They have gone on from there into `focus` by another way than the list: it may be out of view. */
  isSought: boolean;
}

/** The place of a directory as it was left: whoever comes back is there again, and at the folder that they come out of. */
export function usePlace(directory: string): Place | null {
  const { places } = useWorkspace();
  return useState(() => places.get(directory) ?? null)[0];
}

/** Scrolls to where somebody was, then to where the keyboard goes; and remembers the place when it is left. */
export function useKeptPlace(
  { directory, before }: { directory: string; before: Place | null },
  scroller: RefObject<HTMLElement | null>,
  { focus, focusAt, rowHeight }: { focus: string | null; focusAt: number; rowHeight: number },
): void {
  const { places, root } = useWorkspace();
  const latest = useRef(focus);
  latest.current = focus;
  useLayoutEffect(() => {
    const element = scroller.current;
    if (!element) return;
    element.scrollTop = before?.top ?? 0;
    let { scrollTop: top } = element;
    // Behind a file that covers it, a list says that it is at its top.
    const look = () => {
      if (element.clientHeight > 0) top = element.scrollTop;
    };
    element.addEventListener("scroll", look, { passive: true });
    for (let path = directory; path !== root; path = parentOf(path)) {
      const above = places.get(parentOf(path));
      if (above?.focus !== path) places.set(parentOf(path), { top: above?.top ?? 0, focus: path, isSought: true });
    }
    return () => {
      element.removeEventListener("scroll", look);
      look();
      places.set(directory, { top, focus: latest.current, isSought: false });
    };
  }, [places, root, directory, before, scroller]);
  /** Who had scrolled away from it is left where they were. */
  const left = useRef(before?.isSought ? null : (before?.focus ?? null));
  useEffect(() => {
    if (focus === left.current) return;
    left.current = null;
    if (focusAt >= 0) reveal(scroller.current, focusAt, rowHeight);
  }, [scroller, focus, focusAt, rowHeight]);
}
