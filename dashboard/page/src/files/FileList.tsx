import { type MouseEvent, useCallback, useEffect, useMemo, useRef, useState } from "react";
import type { FileItem } from "../../../client/index.ts";
import { drafts } from "../edit/drafts.ts";
import { useOverlay } from "../state/overlays.ts";
import { nameOf, type Sort } from "../state/paths.ts";
import { go, parseRoute } from "../state/route.ts";
import { useStore } from "../state/store.ts";
import { useWorkspace, type Workspace } from "../state/workspace.ts";
import { Icon } from "../ui/Icon.tsx";
import { Menu } from "../ui/Menu.tsx";
import { Empty } from "../ui/States.tsx";
import { useVirtual } from "../ui/useVirtual.ts";
import { ColumnHeads } from "./ColumnHeads.tsx";
import { dropTarget, receive, useDropOver } from "./drag.ts";
import { FileRow } from "./FileRow.tsx";
import { ListFoot } from "./ListFoot.tsx";
import { menuItems, paste } from "./menuItems.ts";
import { NameField } from "./NameField.tsx";
import { NOTHING, only, pruned, ranged, type Selection, toggled } from "./selection.ts";
import { useListKeys } from "./useListKeys.ts";
import { useKeptPlace, usePlace } from "./usePlace.ts";
import { useRowHeight } from "./useRowHeight.ts";

interface FileListProps {
  directory: string;
  files: readonly FileItem[];
  /** There are more than are known yet. */
  isLoading: boolean;
  isFiltered: boolean;
  sort: Sort;
  onSort: (sort: Sort) => void;
  openPath: string | null;
  onOpen: (item: FileItem) => void;
  onUp: () => void;
  /** A new entry that wants a name. */
  naming: "file" | "directory" | null;
  onNamed: () => void;
  /** For who finds nothing here. */
  onNew: () => void;
  onUpload: () => void;
}

/** The entries of a directory: only those in view are drawn, the keyboard stays with the list, and every row is a place to drop. */
export function FileList(props: FileListProps) {
  const { directory, files, isFiltered, sort, onSort, openPath, onOpen, onUp, naming, onNamed } = props;
  const workspace = useWorkspace();
  const scroller = useRef<HTMLDivElement>(null);
  const rowHeight = useRowHeight();
  const paths = useMemo(() => files.map(({ path }) => path), [files]);
  const before = usePlace(directory);
  const [selection, setSelection] = useState<Selection>(() => {
    const at = openPath ?? before?.focus ?? "";
    return openPath !== null || paths.includes(at) ? only(at) : NOTHING;
  });
  const [renaming, setRenaming] = useState<string | null>(null);
  const [isChoosing, setChoosing] = useState(false);
  const [menu, setMenu] = useState<{ x: number; y: number } | null>(null);
  const endChoosing = () => {
    setChoosing(false);
    setSelection(NOTHING);
  };
  useOverlay(isChoosing, endChoosing);
  const clipboard = useStore(workspace.clipboard);
  const [isOver, zone] = useDropOver(dropTarget(workspace, directory));
  const { first, last, visible } = useVirtual(scroller, files.length, rowHeight);

  // What has gone elsewhere is not chosen any more.
  const known = useRef(paths);
  useEffect(() => {
    setSelection((now) => pruned(now, paths, known.current));
    known.current = paths;
  }, [paths]);
  const focusAt = selection.focus === null ? -1 : paths.indexOf(selection.focus);
  useKeptPlace({ directory, before }, scroller, { focus: selection.focus, focusAt, rowHeight });
  // What is opened by an address, or by going back, is chosen like what is clicked.
  useEffect(() => {
    if (openPath !== null) setSelection((now) => (now.chosen.has(openPath) ? now : only(openPath)));
  }, [openPath]);
  // Whoever arrives can use the keyboard at once; but not on a phone, where nothing else is meant by it.
  useEffect(() => {
    if (document.activeElement === document.body) scroller.current?.focus({ preventScroll: true });
  }, []);

  /** Chooses what was made or renamed here, unless somebody has chosen something else meanwhile. */
  const chooseMade = (path: string) =>
    setSelection((now) => ([...now.chosen].every((one) => selection.chosen.has(one)) ? only(path) : now));

  const rename = async (from: string, name: string) => {
    const to = `${directory}/${name}`;
    if (!(await workspace.actions.rename(from, name))) return;
    chooseMade(to);
    follow(workspace, from, to);
  };

  const chosen = useMemo(() => files.filter(({ path }) => selection.chosen.has(path)), [files, selection.chosen]);
  const deeds = {
    workspace,
    directory,
    onOpen,
    rename: (item: FileItem) => setRenaming(item.path),
    choose: () => setChoosing(true),
  };
  const keys = useListKeys({ ...deeds, files, paths, chosen, selection, setSelection, onUp, page: visible, setMenu });

  const onRowClick = useCallback(
    (item: FileItem, event: MouseEvent) => {
      if (event.shiftKey) setSelection((now) => ranged(now, item.path, known.current));
      else if (isChoosing || event.metaKey || event.ctrlKey) setSelection((now) => toggled(now, item.path));
      else {
        setSelection(only(item.path));
        // A file is shown by one click, beside the list; a directory is gone into by two, or by one finger.
        const isTouch = (event.nativeEvent as PointerEvent).pointerType === "touch";
        if (item.type === "file" || isTouch) onOpen(item);
      }
    },
    [onOpen, isChoosing],
  );
  const onRowMenu = useCallback((item: FileItem, event: MouseEvent) => {
    event.preventDefault();
    event.stopPropagation();
    setSelection((now) => (now.chosen.has(item.path) ? now : only(item.path)));
    setMenu({ x: event.clientX, y: event.clientY });
  }, []);

  const cut = clipboard?.mode === "cut" ? new Set(clipboard.items.map(({ path }) => path)) : null;
  return (
    <div
      className="list-frame"
      {...zone}
      onPaste={(event) => {
        if (event.target instanceof HTMLInputElement) return;
        event.preventDefault();
        // Files from outside, or else what was copied here.
        if (event.clipboardData.files.length > 0) void receive(workspace, event.clipboardData, directory);
        else void paste({ workspace, directory });
      }}
      onContextMenu={(event) => {
        event.preventDefault();
        setSelection(NOTHING);
        setMenu({ x: event.clientX, y: event.clientY });
      }}
    >
      {naming && (
        <div className="naming">
          <NameField
            name={naming === "file" ? "untitled.md" : "New folder"}
            taken={new Set(files.map(({ name }) => name))}
            label={naming === "file" ? "Name of the new file" : "Name of the new folder"}
            onCancel={onNamed}
            onName={async (name) => {
              onNamed();
              const path = `${directory}/${name}`;
              const { actions } = workspace;
              const isMade = await (naming === "file" ? actions.createFile(path) : actions.createDirectory(path));
              if (document.activeElement === document.body) scroller.current?.focus();
              if (isMade) chooseMade(path);
            }}
          />
        </div>
      )}
      <div
        className="list"
        role="grid"
        aria-label={`Files in ${directory}`}
        aria-multiselectable="true"
        aria-rowcount={files.length + 1}
        aria-activedescendant={focusAt >= first && focusAt < last ? `row-${focusAt}` : undefined}
        tabIndex={0}
        ref={scroller}
        onKeyDown={keys}
      >
        <ColumnHeads sort={sort} onSort={onSort} />
        {files.length > 0 && (
          <div role="rowgroup" className="list-body" style={{ height: files.length * rowHeight }}>
            {files.slice(first, last).map((item, index) => (
              <FileRow
                key={item.path}
                item={item}
                index={first + index}
                top={(first + index) * rowHeight}
                isChosen={selection.chosen.has(item.path)}
                isFocused={selection.focus === item.path}
                isOpen={item.path === openPath}
                isCut={cut?.has(item.path) ?? false}
                isRenaming={item.path === renaming}
                chosen={selection.chosen}
                taken={paths}
                onClick={onRowClick}
                onOpen={onOpen}
                onMenu={onRowMenu}
                onRenamed={(name) => {
                  setRenaming(null);
                  scroller.current?.focus();
                  if (name === null || name === item.name) return;
                  void rename(item.path, name);
                }}
              />
            ))}
          </div>
        )}
      </div>
      {files.length === 0 && naming === null && (
        <Nothing isFiltered={isFiltered} onNew={props.onNew} onUpload={props.onUpload} />
      )}
      {isOver && (
        <p className="drop-note">
          <Icon name="upload" />
          Drop to upload to {nameOf(directory === workspace.root ? "Home" : directory)}
        </p>
      )}
      <ListFoot
        many={files.length}
        isLoading={props.isLoading}
        chosen={chosen}
        isChoosing={isChoosing}
        onDone={endChoosing}
      />
      {menu && (
        <Menu
          items={menuItems(chosen, deeds)}
          label={chosen.length > 0 ? "Selected entries" : "This folder"}
          x={menu.x}
          y={menu.y}
          onClose={() => setMenu(null)}
        />
      )}
    </div>
  );
}

/** The file that is open is open under its new name as well; one that is being written in says for itself where it has gone. */
function follow({ root, client }: Workspace, from: string, to: string): void {
  const { screen, path } = parseRoute(location.hash);
  if (screen !== "files" || `${root}/${path}` !== from || drafts.has(client.gateway.userId, from)) return;
  go({ screen: "files", path: to.slice(root.length + 1) }, { replace: true });
}

function Nothing({ isFiltered, onNew, onUpload }: { isFiltered: boolean; onNew: () => void; onUpload: () => void }) {
  if (isFiltered) return <Empty icon="search" title="No name here has that in it" />;
  return (
    <Empty icon="upload" title="Nothing is here yet">
      <p className="keys-only">Drop files or folders here, or paste them.</p>
      <div className="thing-actions">
        <button type="button" className="button primary" onClick={onUpload}>
          Upload files
        </button>
        <button type="button" className="button" onClick={onNew}>
          Write a file
        </button>
      </div>
    </Empty>
  );
}
