import { Icon } from "../ui/Icon.tsx";

interface ConflictProps {
  isGone: boolean;
  isComparing: boolean;
  onCompare: () => void;
  onTheirs: () => void;
  onMine: () => void;
}

/** The file was changed elsewhere while it was edited here: neither side is lost, whatever is chosen. */
export function Conflict({ isGone, isComparing, onCompare, onTheirs, onMine }: ConflictProps) {
  return (
    <div className="conflict" role="alert">
      <Icon name="warning" />
      <p>
        {isGone
          ? "This file was deleted elsewhere while you edited it."
          : "This file was changed elsewhere while you edited it."}
      </p>
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
        {isGone ? "Save mine anew" : "Keep mine"}
      </button>
    </div>
  );
}
