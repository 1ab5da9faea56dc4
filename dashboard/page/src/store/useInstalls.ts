import type { Done, Having } from "../state/shop.ts";
import { useStore } from "../state/store.ts";
import { type Answer, useAnswer } from "../state/useAnswer.ts";
import { useWorkspace } from "../state/workspace.ts";

/** An installed app, and the version that is offered of it: null if none is any more. */
export type InstalledApp = Having & { id: string; offered: string | null };

/** So many of the catalogue's pages are looked at. */
const PAGE = 100;
const PAGES = 10;

/** What is installed here, the latest first: as the catalogue has it, and as it was told since. */
export function useInstalls(): Answer<readonly InstalledApp[]> {
  const { client, shop } = useWorkspace();
  const done = useStore(shop.done);
  const ask = async (signal: AbortSignal) => {
    const found: InstalledApp[] = [];
    let cursor: string | undefined;
    for (let page = 0; page < PAGES; page += 1) {
      const options = { signal, limit: PAGE, ...(cursor !== undefined && { cursor }) };
      const answer = await client.store.installs(options);
      for (const { targetType, targetId: id, name, localId, version, currentVersion: offered } of answer.installs)
        if (targetType === "app") found.push({ id, name: name || localId, localId, version, offered });
      cursor = answer.cursor;
      if (cursor === undefined) break;
    }
    return found;
  };
  const { value, ...rest } = useAnswer("installs", ask, "store");
  return { ...rest, value: value && corrected(value, done) };
}

function corrected(listed: readonly InstalledApp[], done: ReadonlyMap<string, Done>): InstalledApp[] {
  const known = new Set(listed.map(({ id }) => id));
  const kept = listed.flatMap((app) => {
    const since = done.get(app.id);
    if (since === undefined) return [app];
    return since.having === null ? [] : [{ ...app, ...since.having }];
  });
  const back = [...done].flatMap(([id, { having }]) =>
    having === null || known.has(id) ? [] : [{ ...having, id, offered: having.version }],
  );
  return [...back, ...kept];
}
