import { type KeyboardEvent, useEffect, useLayoutEffect, useRef } from "react";
import { createPortal } from "react-dom";
import { useOverlay } from "../state/overlays.ts";
import { Icon, type IconName } from "./Icon.tsx";

export interface MenuItem {
  label: string;
  icon?: IconName;
  /** The key that does the same, as it is shown. */
  shortcut?: string;
  isDisabled?: boolean;
  isDanger?: boolean;
  /** Draws a line above it. */
  isApart?: boolean;
  run: () => void;
}

interface MenuProps {
  items: readonly MenuItem[];
  x: number;
  y: number;
  label: string;
  onClose: () => void;
}

/** A menu at a point of the window, moved to where it fits; arrows, Home, End and Escape, as menus have them. */
export function Menu({ items, x, y, label, onClose }: MenuProps) {
  const element = useRef<HTMLDivElement>(null);
  useOverlay(true, onClose);
  useLayoutEffect(() => {
    const menu = element.current;
    if (!menu) return;
    const { width, height } = menu.getBoundingClientRect();
    menu.style.left = `${Math.max(8, Math.min(x, innerWidth - width - 8))}px`;
    menu.style.top = `${Math.max(8, Math.min(y, innerHeight - height - 8))}px`;
    const before = document.activeElement;
    menu.querySelector<HTMLElement>("[role=menuitem]:not([disabled])")?.focus();
    return () => {
      // Who has gone elsewhere meanwhile is left there.
      const isHere = menu.contains(document.activeElement) || document.activeElement === document.body;
      if (before instanceof HTMLElement && isHere) before.focus();
    };
  }, [x, y]);
  useEffect(() => {
    const leave = (event: Event) => {
      if (!(event.target instanceof Node && element.current?.contains(event.target))) onClose();
    };
    addEventListener("pointerdown", leave, true);
    addEventListener("resize", onClose);
    return () => {
      removeEventListener("pointerdown", leave, true);
      removeEventListener("resize", onClose);
    };
  }, [onClose]);

  const onKeyDown = (event: KeyboardEvent) => {
    const all = [...(element.current?.querySelectorAll<HTMLElement>("[role=menuitem]:not([disabled])") ?? [])];
    const at = all.indexOf(document.activeElement as HTMLElement);
    const next = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: all.length - 1 }[event.key];
    if (next !== undefined) all[(next + all.length) % all.length]?.focus();
    else if (event.key === "Escape" || event.key === "Tab") onClose();
    else return;
    event.preventDefault();
    event.stopPropagation();
  };
  return createPortal(
    <div ref={element} className="menu" role="menu" aria-label={label} tabIndex={-1} onKeyDown={onKeyDown}>
      {items.map(({ label: text, icon, shortcut, isDisabled, isDanger, isApart, run }) => (
        <button
          key={text}
          type="button"
          role="menuitem"
          tabIndex={-1}
          disabled={isDisabled}
          className={`menu-item ${isDanger ? "danger" : ""} ${isApart ? "apart" : ""}`}
          onClick={() => {
            onClose();
            run();
          }}
        >
          {icon ? <Icon name={icon} /> : <span className="icon" />}
          <span>{text}</span>
          {shortcut && <kbd>{shortcut}</kbd>}
        </button>
      ))}
    </div>,
    document.body,
  );
}
