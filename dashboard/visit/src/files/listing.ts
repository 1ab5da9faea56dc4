// What the file browser shows: folders by name, from the manifest at first, from the snapshot once it is there.

import type { Manifest } from "../desktop/row.ts";
import type { Directory } from "../snapshot/tree.ts";

export type Item =
  | { readonly kind: "directory"; readonly children: Map<string, Item> }
  | { readonly kind: "file"; readonly sizeBytes: number }
  | { readonly kind: "link" };
export type Folder = Map<string, Item>;

/** The folders of a manifest's files. Empty ones are not in it. */
export function ofManifest(files: Manifest["files"]): Folder {
  const root: Folder = new Map();
  for (const { path, sizeBytes } of files) {
    const names = path.split("/");
    const name = names.pop() ?? "";
    const folder = names.reduce<Folder | undefined>(descend, root);
    folder?.set(name, { kind: "file", sizeBytes });
  }
  return root;
}

function descend(folder: Folder | undefined, name: string): Folder | undefined {
  const item = folder?.get(name) ?? { kind: "directory", children: new Map<string, Item>() };
  folder?.set(name, item);
  return item.kind === "directory" ? item.children : undefined;
}

export function ofSnapshot(directory: Directory): Folder {
  const items = [...directory.children].map(([name, entry]): [string, Item] => {
    if (entry.kind === "directory") return [name, { kind: "directory", children: ofSnapshot(entry) }];
    return [name, entry.kind === "file" ? { kind: "file", sizeBytes: entry.bytes.length } : { kind: "link" }];
  });
  return new Map(items);
}

/** The folder at the end of some names; none if there is none. */
export function folderAt(root: Folder, names: readonly string[]): Folder | undefined {
  return names.reduce<Folder | undefined>((folder, name) => {
    const item = folder?.get(name);
    return item?.kind === "directory" ? item.children : undefined;
  }, root);
}

/** Folders first, then by name, whatever its case. */
export function sorted(folder: Folder): [string, Item][] {
  const rank = ([, { kind }]: [string, Item]) => (kind === "directory" ? 0 : 1);
  return [...folder].sort((one, other) => rank(one) - rank(other) || order.compare(one[0], other[0]));
}
const order = new Intl.Collator("en", { numeric: true, sensitivity: "base" });

export interface Found {
  readonly path: string;
  readonly item: Item;
}

/** The first files and folders whose path has a text in it, whatever its case. */
export function search(root: Folder, text: string, most: number): Found[] {
  const wanted = text.toLowerCase();
  const found: Found[] = [];
  const visit = (folder: Folder, prefix: string) => {
    for (const [name, item] of sorted(folder)) {
      if (found.length >= most) return;
      const path = prefix + name;
      if (path.toLowerCase().includes(wanted)) found.push({ path, item });
      if (item.kind === "directory") visit(item.children, `${path}/`);
    }
  };
  visit(root, "");
  return found;
}
