import type { ReactNode } from "react";
import { visible } from "../state/paths.ts";
import { Icon } from "../ui/Icon.tsx";

interface TransferRowProps {
  state: string;
  name: string;
  /** All of its path, where that is more than its name. */
  title?: string;
  isBad: boolean;
  /** How it is with it. */
  said: string;
  /** How much there is, and how much of it is over, while it is on its way. */
  progress: { value: number; max: number } | null;
  /** What can be done about it, in its line. */
  buttons: ReactNode;
  /** What it asks. */
  children?: ReactNode;
}

/** Something on its way up or down. */
export function TransferRow({ state, name, title = name, isBad, said, progress, buttons, children }: TransferRowProps) {
  return (
    <li className={`upload ${state}`}>
      <div className="upload-line">
        {state === "done" && <Icon name="check" />}
        {isBad && <Icon name="warning" />}
        <span className="name" title={visible(title)} dir="auto">
          {visible(name)}
        </span>
        <span className="upload-said">{said}</span>
        {buttons}
      </div>
      {children}
      {progress && <progress value={progress.value} max={Math.max(progress.max, 1)} aria-label={visible(name)} />}
    </li>
  );
}
