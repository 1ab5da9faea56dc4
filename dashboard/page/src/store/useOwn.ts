import type { AppRow, DesktopRow, Profile } from "../../../client/index.ts";
import { type Answer, useAnswer } from "../state/useAnswer.ts";
import { useWorkspace } from "../state/workspace.ts";

export interface Own {
  profile: Profile;
  apps: AppRow[];
  desktops: DesktopRow[];
}

const PAGE = 100;
/** So many pages of each are looked at. */
const PAGES = 10;

/** What this user has published, last changed first. */
export function useOwn(): Answer<Own> {
  const { client } = useWorkspace();
  const ask = async (signal: AbortSignal): Promise<Own> => {
    const profile = await client.store.profile({ signal });
    const query = { signal, owner: profile.handle, sort: "updated", limit: PAGE } as const;
    const [apps, desktops] = await Promise.all([
      all(async (cursor) => {
        const page = await client.store.apps({ ...query, ...cursor });
        return [page.apps, page.cursor];
      }),
      all(async (cursor) => {
        const page = await client.store.desktops({ ...query, ...cursor });
        return [page.desktops, page.cursor];
      }),
    ]);
    return { profile, apps, desktops };
  };
  return useAnswer("own", ask, "store");
}

async function all<T>(ask: (cursor: { cursor?: string }) => Promise<[T[], string | undefined]>): Promise<T[]> {
  const found: T[] = [];
  let cursor: string | undefined;
  for (let page = 0; page < PAGES; page += 1) {
    const [some, next] = await ask(cursor === undefined ? {} : { cursor });
    found.push(...some);
    cursor = next;
    if (cursor === undefined) break;
  }
  return found;
}
