import { useEffect, useRef } from "react";
import { visible } from "../state/paths.ts";
import type { Done, Having } from "../state/shop.ts";
import { useStore } from "../state/store.ts";
import { type Answer, useAnswer } from "../state/useAnswer.ts";
import { useWorkspace } from "../state/workspace.ts";
import { useAppsHere } from "./useAppsHere.ts";

export interface InstalledApp extends Having {
  id: string;
  /** The version that is offered of it: null if none is any more. */
  offered: string | null;
  /** Whether its folder is not where it was put: the install was undone, or somebody has moved or deleted it. */
  isMissing: boolean;
}

type Listed = Omit<InstalledApp, "isMissing">;

/** So many of the catalogue's pages are looked at. */
const PAGE = 100;
const PAGES = 10;

/**
 * What is installed here, the latest first: as the catalogue has it, and as it was told since. Neither hears of what becomes of the
 * folders, in another tab or by an undo: so these are looked at.
 */
export function useInstalls(): Answer<readonly InstalledApp[]> {
  const { client, shop } = useWorkspace();
  const done = useStore(shop.done);
  const ask = async (signal: AbortSignal) => {
    const found: Listed[] = [];
    let cursor: string | undefined;
    for (let page = 0; page < PAGES; page += 1) {
      const options = { signal, limit: PAGE, ...(cursor !== undefined && { cursor }) };
      const answer = await client.store.installs(options);
      for (const { targetType, targetId: id, name, localId, version, currentVersion: offered } of answer.installs)
        if (targetType === "app") found.push({ id, name: visible(name || localId), localId, version, offered });
      cursor = answer.cursor;
      if (cursor === undefined) break;
    }
    return found;
  };
  const { value, again, ...rest } = useAnswer("installs", ask, "store");
  const here = useAppsHere();
  const folders = here.value;
  const known = useRef<string | undefined>(undefined);
  useEffect(() => {
    const names = folders?.join("/");
    // An app has come or gone, whoever did it.
    if (known.current !== undefined && names !== undefined && names !== known.current) again();
    known.current = names ?? known.current;
  }, [folders, again]);
  // What was done here since the folders were looked at is newer than they are.
  const looked = useRef({ folders, done });
  if (looked.current.folders !== folders) looked.current = { folders, done };
  const there = looked.current.done === done ? folders : null;
  // While nobody can say what is here, it is as the catalogue has it.
  const isKnown = value && (folders || here.error);
  return {
    ...rest,
    again,
    value: isKnown ? corrected(value, done, there) : null,
  };
}

function corrected(
  listed: readonly Listed[],
  done: ReadonlyMap<string, Done>,
  there: readonly string[] | null,
): InstalledApp[] {
  const known = new Set(listed.map(({ id }) => id));
  const kept = listed.flatMap((app) => {
    const since = done.get(app.id);
    // Taken out here, it may have been installed elsewhere since.
    if (since === undefined || (since.having === null && there?.includes(app.localId))) return [app];
    return since.having === null ? [] : [{ ...app, ...since.having }];
  });
  const back = [...done].flatMap(([id, { having }]) =>
    having === null || known.has(id) ? [] : [{ ...having, id, offered: having.version }],
  );
  return [...back, ...kept].map((app) => ({ ...app, isMissing: there?.includes(app.localId) === false }));
}
