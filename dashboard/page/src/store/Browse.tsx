import type { Kind, SearchOptions } from "../../../client/index.ts";
import { hrefOf } from "../state/route.ts";
import { usePages } from "../state/usePages.ts";
import { useWorkspace } from "../state/workspace.ts";
import { Choice } from "../ui/Choice.tsx";
import { Icon } from "../ui/Icon.tsx";
import { Empty, Failed, Loading, ShowMore } from "../ui/States.tsx";
import { useLater } from "../ui/useLater.ts";
import { ThingIcon } from "./ThingIcon.tsx";
import { kindOf, type Thing, takersOf, titleOf } from "./things.ts";

const PAGE = 24;
const AFTER_MS = 250;
/** What order there is besides the one that the Worker chooses: the newest first, or in a search the best first. */
const SORTS = [
  ["updated", "Last changed"],
  ["popular", "Most used"],
  ["name", "By name"],
] as const;

/** What is looked for. */
export interface Query {
  search: string;
  sort: string;
  tag: string;
}

export const NO_QUERY: Query = { search: "", sort: "", tag: "" };

/** Apps or desktops, searched and sorted, in pages. */
export function Browse({ kind, query, onQuery }: { kind: Kind; query: Query; onQuery: (query: Query) => void }) {
  const { client } = useWorkspace();
  const search = useLater(query.search.trim(), AFTER_MS);
  const options: SearchOptions = {
    limit: PAGE,
    ...(search && { search }),
    ...(query.tag && { tag: query.tag }),
    ...(query.sort && { sort: query.sort as NonNullable<SearchOptions["sort"]> }),
  };
  const page = async (more: SearchOptions): Promise<{ items: Thing[]; cursor?: string | undefined }> => {
    if (kind === "apps") {
      const { apps, cursor } = await client.store.apps({ ...options, ...more });
      return { items: apps, cursor };
    }
    const { desktops, cursor } = await client.store.desktops({ ...options, ...more });
    return { items: desktops, cursor };
  };
  const { value, error, again, next, isAsking } = usePages(JSON.stringify([kind, options]), page, "store");
  const noun = kind === "apps" ? "apps" : "desktops";
  const isNarrow = query.search.trim() !== "" || query.tag !== "";
  return (
    <>
      <search className="store-bar">
        <span className="search-field">
          <Icon name="search" />
          <input
            className="input"
            type="search"
            aria-label={`Search ${noun}`}
            placeholder={`Search ${noun}`}
            maxLength={200}
            value={query.search}
            onChange={({ target }) => onQuery({ ...query, search: target.value })}
          />
        </span>
        <Choice
          label="Order"
          options={[
            ...(search ? [["", "Best match"] as const, ["new", "Newest"] as const] : [["", "Newest"] as const]),
            ...SORTS,
          ]}
          value={!search && query.sort === "new" ? "" : query.sort}
          onChange={(sort) => onQuery({ ...query, sort })}
        />
        {query.tag && (
          <button
            type="button"
            className="tag chosen"
            aria-label={`${query.tag}, show all tags`}
            onClick={() => onQuery({ ...query, tag: "" })}
          >
            {query.tag}
            <Icon name="close" size={12} />
          </button>
        )}
      </search>
      {error && !value ? (
        <Failed error={error} onRetry={again} />
      ) : value === null ? (
        <Loading />
      ) : value.length === 0 ? (
        <Empty
          icon={kind === "apps" ? "store" : "desktop"}
          title={isNarrow ? "Nothing is like that" : `No ${noun} yet`}
        >
          {isNarrow ? "Try fewer words, or another tag." : `What you or others publish appears here.`}
        </Empty>
      ) : (
        <ul className="things" aria-label={kind === "apps" ? "Apps" : "Desktops"}>
          {value.map((thing) => (
            <li key={thing.id}>
              <Card thing={thing} />
            </li>
          ))}
        </ul>
      )}
      {next && <ShowMore next={next} isAsking={isAsking} />}
    </>
  );
}

function Card({ thing }: { thing: Thing }) {
  const kind = kindOf(thing);
  return (
    <a className="thing" href={hrefOf({ screen: "store", path: `${kind}/${thing.id}` })}>
      <ThingIcon icon={thing.icon} kind={kind} />
      <span className="thing-text">
        <span className="thing-title" dir="auto">
          {titleOf(thing)}
        </span>
        <span className="quiet thing-by">by {thing.owner}</span>
        <span className="thing-about" dir="auto">
          {thing.description}
        </span>
        <span className="quiet thing-meta">
          <Icon name="star" size={12} />
          <span className="unseen">Stars: </span>
          {thing.stars} · {takersOf(thing)}
          {thing.visibility !== "public" && <span className="badge">{thing.visibility}</span>}
        </span>
      </span>
    </a>
  );
}
