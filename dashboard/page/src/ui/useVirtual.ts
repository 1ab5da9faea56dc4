import { type RefObject, useEffect, useState } from "react";

/** Rows drawn beyond what is seen, so that scrolling finds them there. */
const BEYOND = 8;

/** What stays at the top of a scroller, over its rows, is marked by `data-head`. */
const headOf = (scroller: HTMLElement) => scroller.querySelector<HTMLElement>("[data-head]")?.offsetHeight ?? 0;

/** Which rows of a fixed height are in view. */
export function useVirtual(scroller: RefObject<HTMLElement | null>, count: number, rowHeight: number) {
  const [view, setView] = useState({ top: 0, height: 800 });
  useEffect(() => {
    const element = scroller.current;
    if (!element) return;
    const look = () =>
      setView((before) => {
        const now = { top: element.scrollTop, height: element.clientHeight - headOf(element) };
        // Only a change of rows is worth drawing.
        const isSame = Math.floor(now.top / rowHeight) === Math.floor(before.top / rowHeight);
        return isSame && now.height === before.height ? before : now;
      });
    look();
    const sized = new ResizeObserver(look);
    sized.observe(element);
    element.addEventListener("scroll", look, { passive: true });
    return () => {
      sized.disconnect();
      element.removeEventListener("scroll", look);
    };
  }, [scroller, rowHeight]);
  const first = Math.max(0, Math.min(Math.floor(view.top / rowHeight) - BEYOND, count));
  const last = Math.min(count, Math.ceil((view.top + view.height) / rowHeight) + BEYOND);
  return { first, last, visible: Math.max(1, Math.floor(view.height / rowHeight)) };
}

/** Scrolls a row into view, and no further. */
export function reveal(scroller: HTMLElement | null, index: number, rowHeight: number): void {
  if (!scroller) return;
  const top = index * rowHeight;
  const height = scroller.clientHeight - headOf(scroller);
  if (top < scroller.scrollTop) scroller.scrollTop = top;
  else if (top + rowHeight > scroller.scrollTop + height) scroller.scrollTop = top + rowHeight - height;
}
