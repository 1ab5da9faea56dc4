// What is known of directories: one listing each, kept while the page is open and brought up to date by its tag. An entry that has
// not changed stays the same object, so what shows it does not draw again.

import { type FileItem, type Holdfast, HoldfastError } from "../../../client/index.ts";
import { Store } from "./store.ts";

export interface DirectoryState {
  /** Null until the first answer. */
  entries: readonly FileItem[] | null;
  isLoading: boolean;
  error: HoldfastError | null;
}

interface Directory {
  state: Store<DirectoryState>;
  etag: string | null;
  /** The request under way, and whether somebody has asked since it began. */
  loading: Promise<void> | null;
  isStale: boolean;
}

/** Entries of one page: the first comes quickly, however many there are. */
const PAGE = 5000;

export class Listings {
  readonly #client: Holdfast;
  readonly #directories = new Map<string, Directory>();
  #holds = 0;
  /** What is read again when nothing holds it up any more. */
  readonly #late = new Set<string>();
  /** Whether the last request found somebody. */
  readonly isOffline = new Store(false);
  /** How often the network has gone away or come back. */
  #turns = 0;

  constructor(client: Holdfast) {
    this.#client = client;
  }

  #directory(path: string): Directory {
    let found = this.#directories.get(path);
    if (!found) {
      const state = new Store<DirectoryState>({ entries: null, isLoading: false, error: null });
      found = { state, etag: null, loading: null, isStale: false };
      this.#directories.set(path, found);
    }
    return found;
  }

  of(path: string): Store<DirectoryState> {
    return this.#directory(path).state;
  }

  /** Brings a directory up to date. Asked again meanwhile, it looks once more. */
  load(path: string): Promise<void> {
    const directory = this.#directory(path);
    if (directory.loading) {
      directory.isStale = true;
      return directory.loading;
    }
    directory.loading = this.#load(path, directory).finally(() => {
      directory.loading = null;
      if (!directory.isStale) return;
      directory.isStale = false;
      return this.load(path);
    });
    return directory.loading;
  }

  /** The browser has lost its network, or has one again: then the next answer says whether anybody is there. */
  turned(isOnline: boolean): void {
    this.#turns += 1;
    if (!isOnline) this.isOffline.set(true);
  }

  /** To be told how a request ends that begins now. One from before the network went or came says nothing of what is now. */
  asking(): (error: unknown) => void {
    const turns = this.#turns;
    return (error) => {
      if (turns === this.#turns) this.isOffline.set(error instanceof HoldfastError && error.isOffline);
    };
  }

  async #load(path: string, directory: Directory): Promise<void> {
    const { state } = directory;
    const reached = this.asking();
    if (state.get().entries === null) state.set((now) => ({ ...now, isLoading: true }));
    try {
      const { etag } = directory;
      const page = await this.#client.files.list(path, { limit: PAGE, ...(etag === null ? {} : { unless: etag }) });
      reached(null);
      if (page === null) return state.set((now) => (now.error ? { ...now, error: null } : now));
      const all = [...page.files];
      for (let { cursor } = page; cursor !== undefined; ) {
        const isFirst = state.get().entries === null;
        if (isFirst) state.set({ entries: [...all], isLoading: true, error: null });
        const more = await this.#client.files.list(path, { limit: PAGE, cursor });
        for (const item of more.files) all.push(item);
        cursor = more.cursor;
      }
      directory.etag = page.etag;
      state.set((now) => ({ entries: kept(now.entries, all), isLoading: false, error: null }));
    } catch (cause) {
      const error = cause instanceof HoldfastError ? cause : new HoldfastError(0, String(cause));
      reached(error);
      const isGone = error.status === 404 || error.status === 400;
      if (isGone) directory.etag = null;
      // What was shown stays while nobody answers.
      state.set((now) => ({ entries: isGone ? null : now.entries, isLoading: false, error }));
    }
  }

  /** While much is done one by one, nothing is read anew after each: only once, when the answer is called. */
  hold(): () => void {
    this.#holds += 1;
    return () => {
      this.#holds -= 1;
      if (this.#holds > 0) return;
      void this.reload(new Set(this.#late));
      this.#late.clear();
    };
  }

  get isHeld(): boolean {
    return this.#holds > 0;
  }

  /** Looks again at every directory that has been looked at. */
  async reload(paths: Iterable<string> = this.#directories.keys()): Promise<void> {
    if (this.isHeld) {
      for (const path of paths) this.#late.add(path);
      return;
    }
    await Promise.all([...paths].filter((path) => this.#directories.has(path)).map((path) => this.load(path)));
  }
}

/** The new entries, as the old objects where they are equal; the old array if all are. */
function kept(before: readonly FileItem[] | null, now: FileItem[]): readonly FileItem[] {
  if (before === null) return now;
  const known = new Map(before.map((item) => [item.path, item]));
  const merged = now.map((item) => {
    const old = known.get(item.path);
    return old && old.modified === item.modified && old.size === item.size && old.type === item.type ? old : item;
  });
  const isSame = merged.length === before.length && merged.every((item, index) => item === before[index]);
  return isSame ? before : merged;
}
