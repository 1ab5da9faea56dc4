import { useState } from "react";
import { size } from "../state/format.ts";
import { useStore } from "../state/store.ts";
import { useWorkspace } from "../state/workspace.ts";
import { UsageDialog } from "./UsageDialog.tsx";

/** How much room is used; it opens what uses it. */
export function UsageBar() {
  const usage = useStore(useWorkspace().usage);
  const [isOpen, setOpen] = useState(false);
  const used = usage ? usage.quota.bytes - usage.quota.left : 0;
  const share = usage ? Math.min(1, used / usage.quota.bytes) : 0;
  const label = usage ? `${size(used)} of ${size(usage.quota.bytes)} used` : "";
  return (
    <>
      <button
        type="button"
        className="usage"
        title="What is stored"
        aria-label={label ? `What is stored: ${label}` : "What is stored"}
        onClick={() => setOpen(true)}
      >
        <progress className={share > 0.9 ? "full" : ""} value={share} max={1} aria-hidden="true" />
        <span className="usage-text">{label || "\u00a0"}</span>
      </button>
      {isOpen && usage && <UsageDialog usage={usage} onClose={() => setOpen(false)} />}
    </>
  );
}
