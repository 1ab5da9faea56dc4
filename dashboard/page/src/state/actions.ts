// What a person does to files. Each of these is a turn of its own, so each can be taken back as a whole: by the button in what is
// said of it, or by undo.

import { type FileItem, type Holdfast, HoldfastError, type Reverted, type TrashItem } from "../../../client/index.ts";
import { count } from "./format.ts";
import type { Listings } from "./listings.ts";
import { freeName, nameOf, parentOf } from "./paths.ts";
import { Store } from "./store.ts";
import { dismiss, say, sayError } from "./toasts.ts";

/** A name for a turn that nobody else has. */
export function newTurn(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(9));
  return `page-${btoa(String.fromCharCode(...bytes))
    .replaceAll("+", "-")
    .replaceAll("/", "_")}`;
}

type Changed = (directories: Iterable<string>) => void;

export class Actions {
  readonly #client: Holdfast;
  readonly #listings: Listings;
  readonly #changed: Changed;
  /** What can be taken back, newest last. */
  readonly done = new Store<readonly { turn: string; what: string; directories: string[] }[]>([]);

  constructor(client: Holdfast, listings: Listings, changed: Changed) {
    this.#client = client;
    this.#listings = listings;
    this.#changed = changed;
  }

  /** Does something as one turn; says so if `what` is given. Answers whether it went well. */
  async #turn(
    what: { doing: string; did?: string },
    directories: string[],
    work: (turn: string) => Promise<unknown>,
    onConflict?: () => void,
  ): Promise<boolean> {
    const turn = newTurn();
    try {
      await work(turn);
    } catch (cause) {
      this.#changed(directories);
      const isTaken = cause instanceof HoldfastError && cause.status === 409 && onConflict !== undefined;
      sayError(what.doing, cause, isTaken ? { label: "Replace", run: onConflict } : undefined);
      return false;
    }
    this.done.set((all) => [...all, { turn, what: what.did ?? what.doing, directories }].slice(-50));
    if (what.did !== undefined) {
      const id = say(what.did, {
        action: {
          label: "Undo",
          run: () => {
            dismiss(id);
            void this.undo(turn);
          },
        },
      });
    }
    this.#changed(directories);
    return true;
  }

  async createDirectory(path: string): Promise<boolean> {
    return this.#turn({ doing: `Creating ${nameOf(path)}` }, [parentOf(path)], (turn) =>
      this.#client.files.mkdir(path, { turn }),
    );
  }

  async createFile(path: string, content = ""): Promise<boolean> {
    return this.#turn({ doing: `Creating ${nameOf(path)}` }, [parentOf(path)], (turn) =>
      this.#client.files.write(path, content, { turn, ifNoneMatch: "*" }),
    );
  }

  async rename(from: string, name: string, overwrite = false): Promise<boolean> {
    const to = `${parentOf(from)}/${name}`;
    return this.#turn(
      { doing: `Renaming ${nameOf(from)}`, did: `Renamed to ${name}` },
      [parentOf(from)],
      (turn) => this.#client.files.move(from, to, { turn, overwrite }),
      () => void this.rename(from, name, true),
    );
  }

  async move(paths: readonly string[], directory: string, overwrite = false): Promise<boolean> {
    const moving = paths.filter((path) => parentOf(path) !== directory && path !== directory);
    if (moving.length === 0) return false;
    const touched = [...new Set([directory, ...moving.map(parentOf)])];
    const what = moving.length === 1 ? nameOf(moving[0] ?? "") : count(moving.length, "entry", "entries");
    let at = 0;
    return this.#turn(
      { doing: `Moving ${what}`, did: `Moved ${what} to ${nameOf(directory)}` },
      touched,
      async (turn) => {
        for (; at < moving.length; at += 1) {
          const path = moving[at] ?? "";
          await this.#client.files.move(path, `${directory}/${nameOf(path)}`, { turn, overwrite });
        }
      },
      () => void this.move(moving.slice(at), directory, true),
    );
  }

  /** Copies under names that are free. */
  async copy(items: readonly FileItem[], directory: string): Promise<boolean> {
    await this.#listings.load(directory);
    const taken = new Set(
      this.#listings
        .of(directory)
        .get()
        .entries?.map(({ name }) => name),
    );
    const what = items.length === 1 ? (items[0]?.name ?? "") : count(items.length, "entry", "entries");
    return this.#turn({ doing: `Copying ${what}`, did: `Copied ${what}` }, [directory], async (turn) => {
      for (const { path, name } of items) {
        const free = freeName(name, taken);
        taken.add(free);
        await this.#client.files.copy(path, `${directory}/${free}`, { turn });
      }
    });
  }

  async remove(paths: readonly string[]): Promise<boolean> {
    const what = paths.length === 1 ? nameOf(paths[0] ?? "") : count(paths.length, "entry", "entries");
    return this.#turn(
      { doing: `Deleting ${what}`, did: `Moved ${what} to the trash` },
      [...new Set(paths.map(parentOf))],
      async (turn) => {
        for (const path of paths) await this.#client.files.remove(path, { turn });
      },
    );
  }

  async restore(items: readonly TrashItem[]): Promise<boolean> {
    const what = items.length === 1 ? nameOf(items[0]?.originalPath ?? "") : count(items.length, "entry", "entries");
    return this.#turn(
      { doing: `Restoring ${what}`, did: `Restored ${what}` },
      [...new Set(items.map(({ originalPath }) => parentOf(originalPath)))],
      async (turn) => {
        for (const { trashPath } of items) await this.#client.files.restore(trashPath, { turn });
      },
    );
  }

  /** Gone, and no way back. */
  async removeForever(items: readonly TrashItem[]): Promise<void> {
    try {
      for (const { trashPath } of items) await this.#client.files.remove(trashPath, { permanent: true });
      say(items.length === 1 ? "Deleted for good" : `Deleted ${count(items.length, "entry", "entries")} for good`);
    } catch (cause) {
      sayError("Deleting", cause);
    }
    this.#changed([]);
  }

  async emptyTrash(): Promise<void> {
    try {
      const { count: many } = await this.#client.files.emptyTrash();
      say(`Emptied the trash: ${count(many, "entry", "entries")}`);
    } catch (cause) {
      sayError("Emptying the trash", cause);
    }
    this.#changed([]);
  }

  async restoreVersion(path: string, version: number): Promise<boolean> {
    return this.#turn(
      { doing: `Restoring ${nameOf(path)}`, did: `Restored an older ${nameOf(path)}` },
      [parentOf(path)],
      (turn) => this.#client.history.restoreVersion(path, version, { turn }),
    );
  }

  /** Takes back the newest thing done here. */
  async undoLast(): Promise<void> {
    const last = this.done.get().at(-1);
    if (last) await this.undo(last.turn);
    else say("There is nothing to undo here");
  }

  /** Takes a turn back; what it could not take back is said. */
  async undo(turn: string, force = false): Promise<Reverted | null> {
    const known = this.done.get().find((done) => done.turn === turn);
    this.done.set((all) => all.filter((done) => done.turn !== turn));
    try {
      const undone = await this.#client.history.undo(turn, { force });
      const redo = { label: "Redo", run: () => void this.undo(undone.turn) };
      const [conflict] = undone.conflicts;
      if (conflict) {
        const rest = undone.conflictsTotal > 1 ? `, and ${count(undone.conflictsTotal - 1, "more", "more")}` : "";
        const text = `Undone, but for ${nameOf(conflict.path)}${rest}: ${conflict.details}`;
        say(text, { kind: "error", action: { label: "Undo those too", run: () => void this.undo(turn, true) } });
      } else say("Undone", { action: redo });
      this.#changed(known?.directories ?? []);
      if (!known) await this.#listings.reload();
      return undone;
    } catch (cause) {
      sayError("Undoing", cause);
      return null;
    }
  }
}
