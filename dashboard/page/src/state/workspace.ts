// One open workspace: its client, what is known of it, and what is under way. Made once for a session, given to every component.

import { createContext, useContext } from "react";
import {
  connect,
  type FileItem,
  type Holdfast,
  type News,
  type Usage,
  type WatchState,
} from "../../../client/index.ts";
import { answer } from "../../../visit/src/access/neighbour.ts";
import { BegunChats } from "../chat/begun.ts";
import { drafts } from "../edit/drafts.ts";
import type { Place } from "../files/usePlace.ts";
import { Actions } from "./actions.ts";
import { Heard } from "./heard.ts";
import { Listings } from "./listings.ts";
import { Moves } from "./moves.ts";
import { isWithin, parentOf } from "./paths.ts";
import { go, parseRoute } from "./route.ts";
import { renew } from "./session.ts";
import { Shop } from "./shop.ts";
import { Store } from "./store.ts";
import { UnsentMessages } from "./unsent.ts";
import { Uploads } from "./uploads.ts";

/** How long after a change the usage is asked for: a burst of changes is one question. */
const USAGE_AFTER_MS = 1500;

/** What was cut or copied, to be pasted. */
export interface Clipboard {
  mode: "cut" | "copy";
  items: readonly FileItem[];
}

/** Which media are looked through: of which kind, of how many days, of which app. Empty is all. */
export interface MediaFilter {
  kind: string;
  days: string;
  app: string;
}

export class Workspace {
  readonly client: Holdfast;
  readonly root: string;
  readonly listings: Listings;
  readonly actions: Actions;
  readonly uploads: Uploads;
  readonly shop: Shop;
  readonly clipboard = new Store<Clipboard | null>(null);
  readonly unsent = new UnsentMessages();
  readonly begun: BegunChats;
  /** Paths that wait to go with the next message to the agent. */
  readonly handed = new Store<readonly string[]>([]);
  readonly mediaFilter = new Store<MediaFilter>({ kind: "", days: "", app: "" });
  readonly usage = new Store<Usage | null>(null);
  readonly live = new Store<WatchState>("polling");
  /** Directories of the tree that are open. */
  readonly expanded = new Store<ReadonlySet<string>>(new Set());
  /** Rises whenever something may have changed: what shows more than listings looks again. */
  readonly news = new Store(0);
  readonly heard: Heard;
  readonly moves: Moves;
  /** Where somebody was in each directory, as long as the page is there. */
  readonly places = new Map<string, Place>();
  /** The directory that is shown. */
  #shown: string;
  #usageTimer: ReturnType<typeof setTimeout> | undefined;

  constructor(client: Holdfast, root: string) {
    this.client = client;
    this.root = root;
    this.#shown = root;
    this.begun = new BegunChats(client.gateway.userId);
    this.listings = new Listings(client);
    this.heard = new Heard(root);
    const changed = (directories: Iterable<string>) => this.changed(directories);
    this.moves = new Moves((from, to) => drafts.move(client.gateway.userId, from, to));
    this.actions = new Actions(client, this.listings, changed, this.moves);
    this.uploads = new Uploads(client, this.actions, changed);
    this.shop = new Shop(client, this.actions, () => this.#heard({ changes: null }));
  }

  /** Watches until the answer is called. */
  open(): () => void {
    const watching = this.client.watch(this.root, (news) => this.#heard(news), {
      onState: (state) => this.live.set(state),
    });
    const alive = setInterval(() => void this.client.workspace.keepalive().catch(() => undefined), 240_000);
    const online = () => {
      this.listings.turned(true);
      this.#heard({ changes: null });
      this.shop.changed();
    };
    // The page of a desktop, opened from here, asks whose workspace this is.
    const unanswer = answer(() => `${this.client.gateway.origin}/ws?${this.client.gateway.query}`);
    const offline = () => this.listings.turned(false);
    addEventListener("online", online);
    addEventListener("offline", offline);
    this.#measure(0);
    return () => {
      watching.stop();
      unanswer();
      clearInterval(alive);
      clearTimeout(this.#usageTimer);
      removeEventListener("online", online);
      removeEventListener("offline", offline);
    };
  }

  show(directory: string): void {
    this.#shown = directory;
    void this.listings.load(directory);
  }

  toggle(directory: string, isOpen?: boolean): void {
    const open = new Set(this.expanded.get());
    if (isOpen ?? !open.has(directory)) {
      open.add(directory);
      void this.listings.load(directory);
    } else open.delete(directory);
    this.expanded.set(open);
  }

  /** Has entries go with the next message to the agent, and goes where it is written. */
  attach(paths: readonly string[]): void {
    this.handed.set((waiting) => [...waiting, ...paths]);
    if (parseRoute(location.hash).screen !== "chat") go({ screen: "chat", path: "main" });
  }

  /** Something was changed here, in these directories. */
  changed(directories: Iterable<string>): void {
    const all = new Set(directories);
    // A directory's own entry changes with what is in it.
    for (const directory of [...all]) if (directory !== this.root) all.add(parentOf(directory));
    void this.listings.reload(all);
    // Who does much at once tells of it at its end.
    if (this.listings.isHeld) return;
    this.news.set((count) => count + 1);
    this.#measure();
  }

  #heard({ changes }: News): void {
    this.moves.hear(changes ?? []);
    // Emptied and reset, much has gone at once.
    const isWide = changes?.some(({ kind, path }) => kind === "reset" || kind === "import" || path === this.root);
    const open = new Set([this.root, this.#shown, ...this.expanded.get()]);
    if (changes === null || isWide) {
      this.heard.hear([this.root]);
      void this.listings.reload(open);
    } else {
      const all = changes.flatMap(({ path, from }) => (from === undefined ? [path] : [path, from]));
      const touched = [...new Set(all)].filter((path) => isWithin(path, this.root));
      this.heard.hear(touched);
      // What is below a directory comes and goes with it.
      const below = [...open].filter((directory) => touched.some((path) => isWithin(directory, path)));
      this.changed([...touched.flatMap((path) => [path, parentOf(path)]), ...below]);
      return;
    }
    this.news.set((count) => count + 1);
    if (this.usage.get() === null) this.#measure();
  }

  #measure(afterMs = USAGE_AFTER_MS): void {
    clearTimeout(this.#usageTimer);
    this.#usageTimer = setTimeout(async () => {
      const usage = await this.client.history.usage().catch(() => null);
      if (usage) this.usage.set(usage);
    }, afterMs);
  }
}

/** Opens what a gateway URL is for. The root is the Worker's to say. */
export async function openWorkspace(gatewayUrl: string): Promise<Workspace> {
  const client = connect(gatewayUrl, { renew, actor: "dashboard" });
  const [{ path }] = await Promise.all([client.files.list(undefined, { limit: 1 }), drafts.ready]);
  return new Workspace(client, path);
}

export const WorkspaceContext = createContext<Workspace | null>(null);

export function useWorkspace(): Workspace {
  const workspace = useContext(WorkspaceContext);
  if (workspace === null) throw new Error("No workspace is open");
  return workspace;
}
