import { type DragEvent, type MouseEvent, memo } from "react";
import type { FileItem } from "../../../client/index.ts";
import { exactly, size, when } from "../state/format.ts";
import { nameOf, visible } from "../state/paths.ts";
import { useWorkspace } from "../state/workspace.ts";
import { Icon, IconButton } from "../ui/Icon.tsx";
import { dropTarget, startDrag } from "./drag.ts";
import { iconOf } from "./kinds.ts";
import { NameField } from "./NameField.tsx";

interface FileRowProps {
  item: FileItem;
  index: number;
  top: number;
  isChosen: boolean;
  isFocused: boolean;
  isOpen: boolean;
  isCut: boolean;
  isRenaming: boolean;
  chosen: ReadonlySet<string>;
  taken: readonly string[];
  onClick: (item: FileItem, event: MouseEvent) => void;
  onOpen: (item: FileItem) => void;
  onMenu: (item: FileItem, event: MouseEvent) => void;
  /** The new name, or null if it stays. */
  onRenamed: (name: string | null) => void;
}

export const FileRow = memo(FileRowNow, isSameRow);

/** One that is drawn alike: its callbacks and what else is chosen matter only once it is used, and then the list has drawn it anew. */
function isSameRow(one: FileRowProps, other: FileRowProps): boolean {
  const keys = ["item", "index", "top", "isChosen", "isFocused", "isOpen", "isCut", "isRenaming", "onClick"] as const;
  return keys.every((key) => one[key] === other[key]) && (!one.isChosen || one.chosen === other.chosen);
}

function FileRowNow(props: FileRowProps) {
  const { item, index, top, isChosen, isFocused, isOpen, isCut, isRenaming, chosen, taken } = props;
  const workspace = useWorkspace();
  const isDirectory = item.type === "directory";
  const classes = ["row", isChosen && "chosen", isFocused && "focused", isOpen && "open", isCut && "cut"];
  return (
    <div
      role="row"
      id={`row-${index}`}
      aria-rowindex={index + 2}
      aria-selected={isChosen}
      className={classes.filter(Boolean).join(" ")}
      style={{ transform: `translateY(${top}px)` }}
      draggable={!isRenaming}
      onDragStart={(event: DragEvent) => startDrag(workspace, event, isChosen ? [...chosen] : [item.path])}
      onClick={(event) => props.onClick(item, event)}
      onDoubleClick={() => props.onOpen(item)}
      onContextMenu={(event) => props.onMenu(item, event)}
      {...(isDirectory ? dropTarget(workspace, item.path) : {})}
    >
      <div role="gridcell" className="cell-name">
        <Icon name={iconOf(item)} className={isDirectory ? "folder-icon" : "file-icon"} />
        {isRenaming ? (
          <NameField
            name={item.name}
            taken={new Set(taken.filter((path) => path !== item.path).map(nameOf))}
            label={`New name of ${visible(item.name)}`}
            onCancel={() => props.onRenamed(null)}
            onName={props.onRenamed}
          />
        ) : (
          <span className="name" title={visible(item.name)} dir="auto">
            {visible(item.name)}
          </span>
        )}
      </div>
      <div role="gridcell" className="cell-size">
        {isDirectory ? "" : size(item.size)}
      </div>
      <div role="gridcell" className="cell-modified" title={exactly(item.modified)}>
        {when(item.modified)}
      </div>
      {/* For fingers, which have no second button. */}
      <div role="gridcell" className="cell-more">
        <IconButton
          icon="more"
          label={`Actions for ${visible(item.name)}`}
          tabIndex={-1}
          onClick={(event) => props.onMenu(item, event)}
        />
      </div>
    </div>
  );
}
