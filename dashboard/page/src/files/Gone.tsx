import { isWithin, nameOf, placeOf, visible } from "../state/paths.ts";
import { hrefOf } from "../state/route.ts";
import { useWorkspace } from "../state/workspace.ts";
import { Empty } from "../ui/States.tsx";

/** What is said where an entry was that is open, with the way to where it is now, or may be. */
export function Gone({ path, type }: { path: string; type: "file" | "directory" }) {
  const { root, moves } = useWorkspace();
  const name = visible(nameOf(path));
  const icon = type === "file" ? "file" : "folder";
  const movedTo = moves.of(path);
  if (movedTo !== null && isWithin(movedTo, root)) {
    const place = `${movedTo.slice(root.length + 1)}${type === "directory" ? "/" : ""}`;
    return (
      <Empty icon={icon} title={`${name} was moved`}>
        <a className="button" href={hrefOf({ screen: "files", path: place })}>
          Go to {placeOf(movedTo, root)}
        </a>
      </Empty>
    );
  }
  return (
    <Empty icon={icon} title={`${name} is not here`}>
      <p>It was moved, renamed or deleted. What is deleted can be put back for a week.</p>
      <div className="thing-actions">
        <a className="button" href={hrefOf({ screen: "trash", path: "" })}>
          Look in the trash
        </a>
        {type === "directory" && (
          <a className="button" href={hrefOf({ screen: "files", path: "" })}>
            Go Home
          </a>
        )}
      </div>
    </Empty>
  );
}
