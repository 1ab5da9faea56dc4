import { Icon } from "../ui/Icon.tsx";

interface ConflictProps {
  isGone: boolean;
  /** Where the file is now, as people know it, if that is why it is gone. */
  movedTo: string | null;
  onFollow: () => void;
  isComparing: boolean;
  onCompare: () => void;
  onTheirs: () => void;
  onMine: () => void;
}

/** The file was changed elsewhere while it was edited here: neither side is lost, whatever is chosen. */
export function Conflict({ isGone, movedTo, isComparing, onFollow, onCompare, onTheirs, onMine }: ConflictProps) {
  return (
    <div className="conflict" role="alert">
      <Icon name="warning" />
      <p>{whatOf(isGone, movedTo)}</p>
      {movedTo !== null && (
        <button type="button" className="button" onClick={onFollow}>
          Go on there
        </button>
      )}
      {!isGone && (
        <button type="button" className="button" aria-pressed={isComparing} onClick={onCompare}>
          Compare
        </button>
      )}
      {!isGone && (
        <button type="button" className="button" onClick={onTheirs}>
          Take theirs
        </button>
      )}
      <button type="button" className="button" onClick={onMine}>
        {isGone ? (movedTo === null ? "Save mine anew" : "Save mine here") : "Keep mine"}
      </button>
    </div>
  );
}

function whatOf(isGone: boolean, movedTo: string | null): string {
  if (movedTo !== null) return `This file was moved to ${movedTo} while you edited it.`;
  return `This file was ${isGone ? "deleted" : "changed"} elsewhere while you edited it.`;
}
