import { useCallback, useEffect, useMemo, useState } from "react";
import type { FileItem } from "../../../client/index.ts";
import { Preview } from "../preview/Preview.tsx";
import { parentOf, type Sort, sorted } from "../state/paths.ts";
import { go, visitDirectory } from "../state/route.ts";
import { useStore } from "../state/store.ts";
import { useWorkspace } from "../state/workspace.ts";
import { Failed, Loading } from "../ui/States.tsx";
import { Crumbs } from "./Crumbs.tsx";
import { FileList } from "./FileList.tsx";
import { Gone } from "./Gone.tsx";
import { Split } from "./Split.tsx";
import { Toolbar } from "./Toolbar.tsx";
import { usePickers } from "./usePickers.tsx";

/** A directory, and beside it the file that is open. `path` is `notes/` for a directory and `notes/today.md` for a file. */
export function FilesScreen({ path, onMenu }: { path: string; onMenu: () => void }) {
  const workspace = useWorkspace();
  const { root, listings } = workspace;
  const cut = path.lastIndexOf("/") + 1;
  const directory = cut > 0 ? `${root}/${path.slice(0, cut - 1)}` : root;
  const openName = path.slice(cut);
  const state = useStore(listings.of(directory));
  const [sort, setSort] = useState<Sort>({ key: "name", isDescending: false });
  const [typed, setTyped] = useState({ directory, text: "" });
  // What was typed elsewhere is not looked for here.
  const filter = typed.directory === directory ? typed.text : "";
  const isGone = state.entries === null && state.error?.status === 404;
  const pickers = usePickers(directory);
  const [naming, setNaming] = useState<"file" | "directory" | null>(null);

  useEffect(() => {
    workspace.show(directory);
    setNaming(null);
  }, [workspace, directory]);

  const files = useMemo(() => {
    const wanted = filter.trim().toLowerCase();
    const found = state.entries?.filter(({ name }) => wanted === "" || name.toLowerCase().includes(wanted));
    return sorted(found ?? [], sort);
  }, [state.entries, filter, sort]);

  const visit = useCallback((to: string) => visitDirectory(root, to), [root]);
  const open = useCallback(
    (item: FileItem) =>
      item.type === "directory" ? visit(item.path) : go({ screen: "files", path: item.path.slice(root.length + 1) }),
    [visit, root],
  );
  const close = useCallback(() => visit(directory), [visit, directory]);

  return (
    <div className="files">
      <header className="bar">
        <Crumbs root={root} directory={directory} onVisit={visit} onMenu={onMenu} />
        <Toolbar
          directory={directory}
          isGone={isGone}
          filter={filter}
          onFilter={(text) => setTyped({ directory, text })}
          onNew={setNaming}
          pickers={pickers}
        />
        {pickers.inputs}
      </header>
      <Split isOpen={openName !== ""}>
        {isGone ? (
          <Gone path={directory} type="directory" />
        ) : state.entries === null && state.error ? (
          <Failed error={state.error} onRetry={() => workspace.show(directory)} />
        ) : state.entries === null ? (
          <Loading rows={12} />
        ) : (
          <FileList
            key={directory}
            directory={directory}
            files={files}
            isLoading={state.isLoading}
            isFiltered={filter.trim() !== ""}
            sort={sort}
            onSort={setSort}
            openPath={openName === "" ? null : `${directory}/${openName}`}
            onOpen={open}
            onUp={() => directory !== root && visit(parentOf(directory))}
            naming={naming}
            onNamed={() => setNaming(null)}
            onNew={() => setNaming("file")}
            onUpload={pickers.pickFiles}
          />
        )}
        {openName !== "" && (
          <Preview key={`${directory}/${openName}`} path={`${directory}/${openName}`} onClose={close} />
        )}
      </Split>
    </div>
  );
}
