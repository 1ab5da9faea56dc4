import type { FileItem } from "../../../client/index.ts";
import { download } from "../state/download.ts";
import { count } from "../state/format.ts";
import { say } from "../state/toasts.ts";
import { useWorkspace } from "../state/workspace.ts";
import { take } from "./menuItems.ts";

interface ListFootProps {
  many: number;
  /** There are more than are known yet. */
  isLoading: boolean;
  chosen: readonly FileItem[];
  /** A tap chooses: what is chosen has no keys, and no second button. */
  isChoosing: boolean;
  onDone: () => void;
}

/** How many entries there are, and what can be done with several of them. */
export function ListFoot({ many, isLoading, chosen, isChoosing, onDone }: ListFootProps) {
  const workspace = useWorkspace();
  const all = `${count(many, "entry", "entries")}${isLoading ? " so far" : ""}`;
  const isSeveral = chosen.length > 1;
  const move = () => {
    take(workspace, "cut", chosen);
    onDone();
    say(`Go to where ${isSeveral ? "they are" : "it is"} to be, and choose Paste under New`);
  };
  const remove = () => {
    onDone();
    void workspace.actions.remove(chosen.map(({ path }) => path));
  };
  const deeds: (readonly [label: string, run: () => void])[] = [];
  if (isSeveral) deeds.push(["Download as a zip", () => void download(workspace, chosen)]);
  if (isChoosing && chosen.length > 0) deeds.push(["Move", move], ["Move to trash", remove]);
  if (isChoosing) deeds.push(["Done", onDone]);
  return (
    <div className="list-foot">
      <span role="status">
        {isSeveral || isChoosing ? `${chosen.length.toLocaleString()} of ${all} selected` : all}
      </span>
      {deeds.length > 0 && (
        <div className="list-deeds">
          {deeds.map(([label, run]) => (
            <button key={label} type="button" className="link" onClick={run}>
              {label}
            </button>
          ))}
        </div>
      )}
    </div>
  );
}
