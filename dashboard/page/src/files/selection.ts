// Which entries are chosen, which one the keyboard is at, and from where a range began.

export interface Selection {
  chosen: ReadonlySet<string>;
  focus: string | null;
  anchor: string | null;
}

export const NOTHING: Selection = { chosen: new Set(), focus: null, anchor: null };

export function only(path: string): Selection {
  return { chosen: new Set([path]), focus: path, anchor: path };
}

export function toggled({ chosen }: Selection, path: string): Selection {
  const next = new Set(chosen);
  if (!next.delete(path)) next.add(path);
  return { chosen: next, focus: path, anchor: path };
}

/** From the anchor to here. */
export function ranged({ anchor }: Selection, path: string, paths: readonly string[]): Selection {
  const from = Math.max(0, paths.indexOf(anchor ?? path));
  const to = paths.indexOf(path);
  const chosen = new Set(paths.slice(Math.min(from, to), Math.max(from, to) + 1));
  return { chosen, focus: path, anchor: anchor ?? path };
}

export function all(paths: readonly string[]): Selection {
  return { chosen: new Set(paths), focus: paths.at(0) ?? null, anchor: paths.at(0) ?? null };
}

/** Without what is not there any more. Whoever was at something that has gone is at what has taken its place. */
export function pruned(selection: Selection, paths: readonly string[], before: readonly string[]): Selection {
  const there = new Set(paths);
  const chosen = new Set([...selection.chosen].filter((path) => there.has(path)));
  const isFocusThere = selection.focus === null || there.has(selection.focus);
  if (chosen.size === selection.chosen.size && isFocusThere) return selection;
  const at = before.indexOf(selection.focus ?? "");
  const focus = isFocusThere ? selection.focus : (paths[Math.min(Math.max(at, 0), paths.length - 1)] ?? null);
  return { chosen, focus, anchor: focus };
}
