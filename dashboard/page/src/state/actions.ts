// What a person does to files. Each of these is a turn of its own, so each can be taken back as a whole: by the button in what is
// said of it, or by undo.

import { type FileItem, type Holdfast, HoldfastError, type TrashItem } from "../../../client/index.ts";
import { each, namesOf, type Outcome, remarkOf } from "./batch.ts";
import { count } from "./format.ts";
import type { Listings } from "./listings.ts";
import type { Moves } from "./moves.ts";
import { Past } from "./past.ts";
import { freeName, nameOf, parentOf } from "./paths.ts";
import { ask, say, sayError, sayProgress, whyOf } from "./toasts.ts";
import { newTurn } from "./turns.ts";

/** What is done about an entry whose place is taken. */
type Way = "ask" | "replace" | "keep both";

/** Something done to many entries as one turn. */
interface Deed<T> {
  items: readonly T[];
  /** The path by which one is told of. */
  pathOf: (item: T) => string;
  /** `Moving 3 entries`. */
  doing: string;
  /** `Moved 3 entries to notes`, of so many as it came to. */
  did: (what: string) => string;
  /** It can be seen, and need not be said. */
  isSeen?: boolean;
  /** Those that look different after it. */
  directories: Iterable<string>;
  work: (item: T, turn: string, way: Way) => Promise<unknown>;
  /** What can be done about those whose place is taken, by the words for it. */
  ways?: readonly (readonly [label: string, way: Way])[];
}

const WAYS = [
  ["Replace", "replace"],
  ["Keep both", "keep both"],
] as const;

/** A few by name or number: `a.txt`, `3 entries`. */
const whatOf = (paths: readonly string[]) =>
  paths.length === 1 ? nameOf(paths[0] ?? "") : count(paths.length, "entry", "entries");

export class Actions extends Past {
  readonly #moves: Moves;

  constructor(client: Holdfast, listings: Listings, changed: (directories: Iterable<string>) => void, moves: Moves) {
    super(client, listings, changed);
    this.#moves = moves;
  }

  /**
   * Does something to one entry after the other, past those that cannot be; then says what came of it. What has a place that is
   * taken is asked about, and goes on in the same turn. Answers whether all of it was done.
   */
  async #run<T>(deed: Deed<T>): Promise<boolean> {
    const all = deed.items.map(deed.pathOf);
    const turn = newTurn(deed.did(whatOf(all)));
    return this.#goOn(deed, turn, deed.items, "ask", []);
  }

  async #goOn<T>(deed: Deed<T>, turn: string, items: readonly T[], way: Way, before: readonly T[]): Promise<boolean> {
    const directories = [...deed.directories];
    const outcome = await this.#each(deed.doing, items, (item) => deed.work(item, turn, way));
    if (way === "ask" && deed.ways && outcome.taken.length > 0) {
      if (outcome.did.length > 0)
        this.note({ turn, what: deed.did(whatOf(outcome.did.map(deed.pathOf))), directories });
      this.#ask(deed, turn, outcome);
      this.changed(directories);
      return false;
    }
    const whole = { ...outcome, did: [...before, ...outcome.did], failed: [...outcome.failed, ...outcome.taken] };
    const isWell = whole.failed.length + whole.left.length === 0;
    this.#tell(deed, turn, whole, directories);
    this.changed(directories);
    return isWell && whole.did.length > 0;
  }

  /** A few at once; what takes long says how far it is, and can be cancelled. */
  async #each<T>(doing: string, items: readonly T[], work: (item: T) => Promise<unknown>): Promise<Outcome<T>> {
    const stop = new AbortController();
    let over = 0;
    const release = this.listings.hold();
    const end = sayProgress(
      () => (items.length > 1 ? `${doing}: ${over.toLocaleString()} of ${items.length.toLocaleString()}` : doing),
      () => stop.abort(),
    );
    const onDone = () => {
      over += 1;
    };
    return each(items, work, { signal: stop.signal, onDone }).finally(() => {
      end();
      release();
    });
  }

  #tell<T>(deed: Deed<T>, turn: string, outcome: Outcome<T>, directories: readonly string[]): void {
    const { did } = outcome;
    const remark = remarkOf(outcome, deed.pathOf);
    const isBad = outcome.failed.length + outcome.left.length > 0;
    if (did.length === 0) return void say(`${deed.doing}: ${remark}`, isBad ? { kind: "error" } : {});
    const what = deed.did(whatOf(did.map(deed.pathOf)));
    this.note({ turn, what, directories });
    if (deed.isSeen && remark === "") return;
    this.#sayUndoable(remark === "" ? what : `${what}, ${remark}`, turn, isBad);
  }

  #sayUndoable(text: string, turn: string, isBad = false): void {
    say(text, { kind: isBad ? "error" : "done", action: { label: "Undo", run: () => void this.undo(turn) } });
  }

  #ask<T>(deed: Deed<T>, turn: string, outcome: Outcome<T>): void {
    const { did } = outcome;
    const taken = outcome.taken.map(({ item }) => item);
    const isOne = taken.length === 1;
    const begun = did.length > 0 ? `${deed.did(whatOf(did.map(deed.pathOf)))}. ` : "";
    const text = `${begun}${namesOf(taken.map(deed.pathOf))}: something of ${isOne ? "that name is" : "those names is"} already there`;
    const ways = (deed.ways ?? []).map(([label, way]) => ({
      label: isOne ? label : `${label} (all ${taken.length.toLocaleString()})`,
      run: () => void this.#goOn(deed, turn, taken, way, did),
    }));
    const skip = { ...outcome, taken: [] };
    const isNothing = did.length + outcome.failed.length + outcome.gone.length + outcome.left.length === 0;
    const run = () => {
      if (!isNothing) this.#tell(deed, turn, skip, [...deed.directories]);
    };
    ask(text, [...ways, { label: isOne ? "Skip" : "Skip all", run }]);
  }

  /** Does one thing to one entry under a name that is free in its directory. */
  async #freely(path: string, work: (free: string) => Promise<unknown>): Promise<unknown> {
    const directory = parentOf(path);
    const taken = new Set((await this.client.files.listAll(directory).catch(() => [])).map(({ name }) => name));
    for (let round = 1; ; round += 1) {
      const free = freeName(nameOf(path), taken);
      try {
        return await work(`${directory}/${free}`);
      } catch (cause) {
        // Another one was faster.
        if (!(cause instanceof HoldfastError && cause.status === 409) || round === 20) throw cause;
        taken.add(free);
      }
    }
  }

  #move(from: string, to: string, turn: string, way: Way): Promise<unknown> {
    const move = async (free: string) => {
      await this.client.files.move(from, free, { turn, overwrite: way === "replace" });
      this.#moves.did({ from, to: free, turn });
    };
    return way === "keep both" ? this.#freely(to, move) : move(to);
  }

  async createDirectory(path: string): Promise<boolean> {
    return this.#create(path, (turn) => this.client.files.mkdir(path, { turn }));
  }

  async createFile(path: string, content = ""): Promise<boolean> {
    const options = { ifNoneMatch: "*" };
    return this.#create(path, (turn) => this.client.files.write(path, content, { turn, ...options }));
  }

  #create(path: string, work: (turn: string) => Promise<unknown>): Promise<boolean> {
    const name = nameOf(path);
    return this.#one({ path, doing: `Creating ${name}`, did: `Created ${name}`, isSeen: true }, work);
  }

  #one(
    { path, did, ...deed }: { path: string; doing: string; did: string; isSeen?: boolean },
    work: (turn: string) => Promise<unknown>,
  ): Promise<boolean> {
    return this.#run({
      ...deed,
      items: [path],
      pathOf: (item) => item,
      did: () => did,
      directories: [parentOf(path)],
      work: (_, turn) =>
        work(turn).catch((cause) => {
          throw new Error(whyOf(cause), { cause });
        }),
    });
  }

  async rename(from: string, name: string): Promise<boolean> {
    const to = `${parentOf(from)}/${name}`;
    return this.#run({
      items: [to],
      pathOf: (path) => path,
      doing: `Renaming ${nameOf(from)}`,
      did: () => `Renamed ${nameOf(from)} to ${name}`,
      directories: [parentOf(from)],
      work: (_, turn, way) => this.#move(from, to, turn, way),
      ways: WAYS,
    });
  }

  async move(paths: readonly string[], directory: string): Promise<boolean> {
    const moving = paths.filter((path) => parentOf(path) !== directory && path !== directory);
    if (moving.length === 0) return false;
    return this.#run({
      items: moving,
      pathOf: (path) => path,
      doing: `Moving ${whatOf(moving)}`,
      did: (what) => `Moved ${what} to ${nameOf(directory)}`,
      directories: new Set([directory, ...moving.map(parentOf)]),
      work: (path, turn, way) => this.#move(path, `${directory}/${nameOf(path)}`, turn, way),
      ways: WAYS,
    });
  }

  /** Copies under names that are free. */
  async copy(items: readonly FileItem[], directory: string): Promise<boolean> {
    await this.listings.load(directory);
    const taken = new Set(
      this.listings
        .of(directory)
        .get()
        .entries?.map(({ name }) => name),
    );
    const copies = items.map(({ path, name }) => {
      const free = freeName(name, taken);
      taken.add(free);
      return { path, to: `${directory}/${free}` };
    });
    return this.#run({
      items: copies,
      pathOf: ({ path }) => path,
      doing: `Copying ${whatOf(items.map(({ path }) => path))}`,
      did: (what) => `Copied ${what}`,
      directories: [directory],
      work: ({ path, to }, turn) => this.client.files.copy(path, to, { turn }),
    });
  }

  async remove(paths: readonly string[]): Promise<boolean> {
    return this.#run({
      items: paths,
      pathOf: (path) => path,
      doing: `Moving ${whatOf(paths)} to the trash`,
      did: (what) => `Moved ${what} to the trash`,
      directories: new Set(paths.map(parentOf)),
      work: (path, turn) => this.client.files.remove(path, { turn }),
    });
  }

  async restore(items: readonly TrashItem[]): Promise<boolean> {
    return this.#run({
      items,
      pathOf: ({ originalPath }) => originalPath,
      doing: `Restoring ${whatOf(items.map(({ originalPath }) => originalPath))}`,
      did: (what) => `Restored ${what}`,
      directories: new Set(items.map(({ originalPath }) => parentOf(originalPath))),
      work: ({ trashPath, originalPath }, turn, way) => {
        if (way !== "keep both") return this.client.files.restore(trashPath, { turn });
        return this.#freely(originalPath, (to) => this.client.files.restore(trashPath, { turn, to }));
      },
      ways: [["Restore as a copy", "keep both"]],
    });
  }

  /** Gone, and no way back. */
  async removeForever(items: readonly TrashItem[]): Promise<void> {
    const pathOf = ({ originalPath }: TrashItem) => originalPath;
    const doing = `Deleting ${whatOf(items.map(pathOf))} for good`;
    const outcome = await this.#each(doing, items, ({ trashPath }) =>
      this.client.files.remove(trashPath, { permanent: true }),
    );
    const remark = remarkOf({ ...outcome, gone: [] }, pathOf);
    const deleted = [...outcome.did, ...outcome.gone];
    const what = deleted.length > 0 ? `Deleted ${whatOf(deleted.map(pathOf))} for good` : doing;
    say(remark === "" ? what : `${what}, ${remark}`, remark === "" ? {} : { kind: "error" });
    this.changed([]);
  }

  async emptyTrash(): Promise<void> {
    try {
      const { count: many } = await this.client.files.emptyTrash();
      say(`Emptied the trash: ${count(many, "entry", "entries")}`);
    } catch (cause) {
      sayError("Emptying the trash", cause);
    }
    this.changed([]);
  }

  async restoreVersion(path: string, version: number): Promise<boolean> {
    const work = (turn: string) => this.client.history.restoreVersion(path, version, { turn });
    const name = nameOf(path);
    return this.#one({ path, doing: `Restoring ${name}`, did: `Restored an older ${name}` }, work);
  }
}
