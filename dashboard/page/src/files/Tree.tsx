import { type CSSProperties, type KeyboardEvent, useEffect, useMemo, useRef } from "react";
import type { FileItem } from "../../../client/index.ts";
import { isWithin, nameOf, parentOf, visible } from "../state/paths.ts";
import { useRoute, visitDirectory } from "../state/route.ts";
import { useStore } from "../state/store.ts";
import { useWorkspace } from "../state/workspace.ts";
import { Icon } from "../ui/Icon.tsx";
import { dropTarget } from "./drag.ts";

/** Levels that are set in: below them there would be no room for names. */
const DEEPEST = 40;

/** The directories, each loaded when it is first opened. */
export function Tree() {
  const workspace = useWorkspace();
  const { root } = workspace;
  const { screen, path } = useRoute();
  const current = screen === "files" ? `${root}/${path}`.replace(/\/[^/]*$/, "") : "";
  const element = useRef<HTMLUListElement>(null);

  // Where somebody is, is open in the tree.
  useEffect(() => {
    for (let above = current; isWithin(above, root); above = parentOf(above)) workspace.toggle(above, true);
  }, [workspace, current, root]);
  useEffect(() => workspace.toggle(root, true), [workspace, root]);

  const onKeyDown = (event: KeyboardEvent) => {
    const rows = [...(element.current?.querySelectorAll<HTMLElement>("[role=treeitem]") ?? [])];
    const at = rows.indexOf(document.activeElement as HTMLElement);
    const here = rows[at]?.dataset.path;
    if (here === undefined) return;
    // What holds no folders has nothing to fold.
    const isOpen = rows[at]?.getAttribute("aria-expanded") === "true";
    const steps: Record<string, () => void> = {
      ArrowDown: () => rows[at + 1]?.focus(),
      ArrowUp: () => rows[at - 1]?.focus(),
      Home: () => rows[0]?.focus(),
      End: () => rows.at(-1)?.focus(),
      ArrowRight: () => (isOpen ? rows[at + 1]?.focus() : workspace.toggle(here, true)),
      ArrowLeft: () =>
        isOpen && here !== root
          ? workspace.toggle(here, false)
          : rows.find((row) => row.dataset.path === parentOf(here))?.focus(),
      Enter: () => visitDirectory(root, here),
      " ": () => visitDirectory(root, here),
    };
    const step = steps[event.key];
    if (!step) return;
    event.preventDefault();
    step();
  };
  return (
    <div className="tree-frame">
      <h2 className="tree-title">Folders</h2>
      <ul className="tree" role="tree" aria-label="Folders" ref={element} onKeyDown={onKeyDown}>
        <Branch path={root} level={1} current={current} isFirst />
      </ul>
    </div>
  );
}

interface BranchProps {
  path: string;
  level: number;
  current: string;
  isFirst?: boolean;
}

function Branch({ path, level, current, isFirst = false }: BranchProps) {
  const workspace = useWorkspace();
  const { entries } = useStore(workspace.listings.of(path));
  const isOpen = useStore(workspace.expanded).has(path);
  const below = useMemo(() => entries?.filter((item: FileItem) => item.type === "directory") ?? [], [entries]);
  const isCurrent = path === current;
  // What has never been looked at may hold something.
  const hasMore = entries === null || below.length > 0;
  const name = path === workspace.root ? "Home" : nameOf(path);
  const shown = useRef<HTMLSpanElement>(null);
  // Where somebody is, is seen in the tree; in a low window, where all of the sidebar scrolls, it stays where it is.
  useEffect(() => {
    const frame = shown.current?.closest(".tree-frame");
    const scrolls = frame && frame.scrollHeight > frame.clientHeight;
    if (isCurrent && scrolls) shown.current?.scrollIntoView({ block: "nearest", inline: "nearest" });
  }, [isCurrent]);
  return (
    <li role="none">
      <div
        role="treeitem"
        aria-level={level}
        aria-expanded={hasMore ? isOpen : undefined}
        aria-selected={isCurrent}
        tabIndex={isCurrent || (isFirst && !isWithin(current, workspace.root)) ? 0 : -1}
        data-path={path}
        style={{ "--depth": Math.min(level - 1, DEEPEST) } as CSSProperties}
        className="tree-row"
        onClick={() => visitDirectory(workspace.root, path)}
        {...dropTarget(workspace, path)}
      >
        <span
          className={`twist ${isOpen ? "open" : ""} ${hasMore ? "" : "hidden"}`}
          onClick={(event) => {
            event.stopPropagation();
            workspace.toggle(path);
          }}
        >
          <Icon name="chevron" size={12} />
        </span>
        <Icon name="folder" className="folder-icon" />
        <span className="tree-name" ref={shown}>
          {visible(name)}
        </span>
      </div>
      {isOpen && below.length > 0 && (
        <ul role="group">
          {below.map((item) => (
            <Branch key={item.path} path={item.path} level={level + 1} current={current} />
          ))}
        </ul>
      )}
    </li>
  );
}
