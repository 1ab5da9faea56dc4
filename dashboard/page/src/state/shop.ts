// What a person does in the store: installs, updates, takes out again, stars. Each install is a turn, and can be taken back.

import {
  type Holdfast,
  HoldfastError,
  type Installed,
  type Kind,
  type Uninstalled,
  type Updated,
} from "../../../client/index.ts";
import type { Actions } from "./actions.ts";
import { visible } from "./paths.ts";
import { Store } from "./store.ts";
import { say, sayError } from "./toasts.ts";
import { newTurn } from "./turns.ts";

/** An app that is in the workspace. */
export interface Having {
  name: string;
  /** The name of its folder below `src/apps`. */
  localId: string;
  version: string;
}

/** What was last done about an app in this session. */
export interface Done {
  having: Having | null;
  /** What the Worker said of it. */
  said: Installed | Updated | Uninstalled | null;
}

export class Shop {
  readonly #client: Holdfast;
  readonly #actions: Actions;
  readonly #workspaceChanged: () => void;
  /** Rises whenever what is published or installed may be another. */
  readonly news = new Store(0);
  /** By the app's id. It wins over the catalogue's list of installs, which hears nothing of an install that was undone. */
  readonly done = new Store<ReadonlyMap<string, Done>>(new Map());

  /** Forms that are filled in and not sent. */
  readonly begun = new Map<string, object>();

  constructor(client: Holdfast, actions: Actions, workspaceChanged: () => void) {
    this.#client = client;
    this.#actions = actions;
    this.#workspaceChanged = workspaceChanged;
  }

  changed(): void {
    this.news.set((count) => count + 1);
  }

  #set(id: string, done: Done): void {
    this.done.set((all) => new Map(all).set(id, done));
    this.changed();
    this.#workspaceChanged();
  }

  /** Does something about an app; one that turns out not to be there is known not to be from then on. */
  async #attempt(id: string, doing: string, work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch (cause) {
      if (cause instanceof HoldfastError && cause.status === 404) this.#set(id, { having: null, said: null });
      sayError(doing, cause);
    }
  }

  install(id: string, name: string): Promise<void> {
    return this.#attempt(id, `Installing ${name}`, async () => {
      const said = await this.#client.store.install(id, { turn: newTurn(`Installed ${name}`) });
      const having = havingOf(said);
      this.#set(id, { having, said });
      say(said.installed ? `${having.name} was there already` : `Installed ${having.name}`);
    });
  }

  update(id: string, name: string): Promise<void> {
    return this.#attempt(id, `Updating ${name}`, async () => {
      const said = await this.#client.store.update(id, { turn: newTurn(`Updated ${name}`) });
      const having = havingOf(said);
      const before = { ...having, version: said.from };
      this.#set(id, { having, said });
      this.#sayUndoable(id, `Updated ${having.name} to ${said.version}`, said.turn, before);
    });
  }

  uninstall(id: string, before: Having): Promise<void> {
    return this.#attempt(id, `Taking out ${before.name}`, async () => {
      const said = await this.#client.store.uninstall(id, { turn: newTurn(`Took out ${before.name}`) }).catch(gone);
      if (said === null) {
        this.#set(id, { having: null, said });
        return void say(`${before.name} was gone already`);
      }
      this.#set(id, { having: null, said });
      this.#sayUndoable(id, `Took out ${before.name}; its folder is in the trash`, said.turn, before);
    });
  }

  /** Says what was done, with the way back to what was there before. */
  #sayUndoable(id: string, text: string, turn: string | undefined, before: Having): void {
    if (turn === undefined) return void say(text);
    const undo = async () => {
      if (await this.#actions.undo(turn)) this.#set(id, { having: before, said: null });
    };
    say(text, { action: { label: "Undo", run: () => void undo() } });
  }

  async star(kind: Kind, id: string, isStarred: boolean): Promise<void> {
    try {
      await this.#client.store.star(kind, id, isStarred);
      this.changed();
    } catch (cause) {
      sayError(isStarred ? "Giving a star" : "Taking the star back", cause);
    }
  }
}

/** Nothing, where nothing was there to be taken out; anything else is thrown on. */
function gone(cause: unknown): null {
  if (cause instanceof HoldfastError && cause.status === 404) return null;
  throw cause;
}

/** A stranger has named it. */
function havingOf({ id, name, version }: Installed): Having {
  return { localId: id, name: visible(name), version };
}
