import type { ReactNode } from "react";
import { IconButton } from "./Icon.tsx";

/** The head of a screen: its name, and what can be done there. */
export function ScreenHead({ title, onMenu, children }: { title: string; onMenu: () => void; children?: ReactNode }) {
  return (
    <header className="bar">
      <IconButton icon="menu" label="Menu" className="menu-button" onClick={onMenu} />
      <h1 className="bar-title">{title}</h1>
      <div className="toolbar">{children}</div>
    </header>
  );
}
