import { useLayoutEffect, useRef } from "react";
import { visible } from "../state/paths.ts";
import { useWorkspace } from "../state/workspace.ts";
import { Icon, IconButton } from "../ui/Icon.tsx";
import { dropTarget } from "./drag.ts";

interface CrumbsProps {
  root: string;
  directory: string;
  onVisit: (path: string) => void;
  onMenu: () => void;
}

/** Where this is, each part of it a way there and a place to drop on. */
export function Crumbs({ root, directory, onVisit, onMenu }: CrumbsProps) {
  const workspace = useWorkspace();
  const line = useRef<HTMLOListElement>(null);
  // Of a long path, its end says where this is.
  // biome-ignore lint/correctness/useExhaustiveDependencies: another directory has another end
  useLayoutEffect(() => line.current?.scrollTo({ left: line.current.scrollWidth }), [directory]);
  const names = directory === root ? [] : directory.slice(root.length + 1).split("/");
  const places = [
    { name: "Home", path: root },
    ...names.map((name, index) => ({ name, path: `${root}/${names.slice(0, index + 1).join("/")}` })),
  ];
  return (
    <nav className="crumbs" aria-label="Path">
      <IconButton icon="menu" label="Menu" className="menu-button" onClick={onMenu} />
      <ol ref={line}>
        {places.map(({ name, path }, index) => (
          <li key={path}>
            {index > 0 && <Icon name="chevron" size={12} />}
            <button
              type="button"
              className="crumb"
              aria-current={index === places.length - 1 ? "location" : undefined}
              onClick={() => onVisit(path)}
              {...dropTarget(workspace, path)}
            >
              {visible(name)}
            </button>
          </li>
        ))}
      </ol>
    </nav>
  );
}
