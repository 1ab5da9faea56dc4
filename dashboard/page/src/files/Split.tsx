import { Children, type CSSProperties, type PointerEvent, type ReactNode, useRef, useState } from "react";

const KEY = "holdfast:split";
const LEAST = 25;
const MOST = 75;

/** Two panes with a bar between them that can be moved; on a phone the second covers the first. */
export function Split({ isOpen, children }: { isOpen: boolean; children: ReactNode }) {
  const frame = useRef<HTMLDivElement>(null);
  const [share, setShare] = useState(() => Number(localStorage.getItem(KEY)) || 45);
  const move = (next: number) => {
    const bound = Math.min(MOST, Math.max(LEAST, next));
    setShare(bound);
    localStorage.setItem(KEY, String(Math.round(bound)));
  };
  const drag = (event: PointerEvent) => {
    const bounds = frame.current?.getBoundingClientRect();
    if (!bounds || !event.currentTarget.hasPointerCapture(event.pointerId)) return;
    move(((event.clientX - bounds.left) / bounds.width) * 100);
  };
  const [first, second] = Children.toArray(children);
  return (
    <div ref={frame} className={`split ${isOpen ? "open" : ""}`} style={{ "--share": `${share}%` } as CSSProperties}>
      <div className="split-first">{first}</div>
      {isOpen && (
        <div
          className="split-bar"
          role="separator"
          aria-orientation="vertical"
          aria-label="Width of the list"
          aria-valuenow={Math.round(share)}
          aria-valuemin={LEAST}
          aria-valuemax={MOST}
          tabIndex={0}
          onPointerDown={(event) => event.currentTarget.setPointerCapture(event.pointerId)}
          onPointerMove={drag}
          onKeyDown={({ key }) => {
            if (key === "ArrowLeft") move(share - 2);
            if (key === "ArrowRight") move(share + 2);
          }}
        />
      )}
      {isOpen && <div className="split-second">{second}</div>}
    </div>
  );
}
