import type { Usage } from "../../../client/index.ts";
import { count, size } from "../state/format.ts";
import { Dialog } from "../ui/Dialog.tsx";
import { Verify } from "./Verify.tsx";

/** What is stored, by what it is, and whether all of it is right. */
export function UsageDialog({ usage, onClose }: { usage: Usage; onClose: () => void }) {
  const { live, versions, media, trash, published, quota } = usage;
  const kinds = [
    ["Files", live],
    ["Older versions", versions],
    ["Media", media],
    ["Trash", trash],
  ] as const;
  const most = Math.max(1, ...kinds.map(([, { bytes }]) => bytes));
  return (
    <Dialog title="What is stored" onClose={onClose}>
      <ul className="amounts">
        {kinds.map(([name, amount]) => (
          <li key={name}>
            <span>{name}</span>
            <span className="quiet">
              {size(amount.bytes)} · {count(amount.files, "item")}
            </span>
            <progress value={amount.bytes / most} max={1} aria-hidden="true" />
          </li>
        ))}
      </ul>
      <p className="quiet">
        {size(quota.left)} of {size(quota.bytes)} are free. Older versions and the trash make room by themselves with
        time.
        {published && published.files > 0 && ` What you have published, ${size(published.bytes)}, does not count.`}
      </p>
      <Verify />
      <div className="dialog-buttons">
        <button type="button" className="button" onClick={onClose}>
          Close
        </button>
      </div>
    </Dialog>
  );
}
