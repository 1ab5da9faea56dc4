// Which files may be others by now. Browsers do not ask again for a picture that they have shown under the same address, so what
// shows a file by its path alone gives it another address once something was heard of it.

import { useSyncExternalStore } from "react";
import { isWithin, parentOf } from "./paths.ts";
import { Store } from "./store.ts";
import { useWorkspace } from "./workspace.ts";

/** More paths than this are all of them. */
const KNOWN_MAX = 2000;

export class Heard {
  readonly #root: string;
  readonly #count = new Store(0);
  readonly #at = new Map<string, number>();

  constructor(root: string) {
    this.#root = root;
  }

  /** Something has changed at these paths, or below them. */
  hear(paths: readonly string[]): void {
    const count = this.#count.get() + 1;
    if (this.#at.size + paths.length > KNOWN_MAX) {
      this.#at.clear();
      this.#at.set(this.#root, count);
    }
    for (const path of paths) this.#at.set(path, count);
    this.#count.set(count);
  }

  /** Another number whenever the path may have other content; 0 if nothing was heard of it. */
  of(path: string): number {
    let newest = this.#at.get(this.#root) ?? 0;
    for (let here = path; here !== this.#root && isWithin(here, this.#root); here = parentOf(here))
      newest = Math.max(newest, this.#at.get(here) ?? 0);
    return newest;
  }

  subscribe = (watcher: () => void): (() => void) => this.#count.subscribe(watcher);
}

/** A number that is another one once the path may have other content. */
export function useHeard(path: string): number {
  const { heard } = useWorkspace();
  return useSyncExternalStore(heard.subscribe, () => heard.of(path));
}

/** The address of a file's bytes as they are by now, and a number that is another one with it. */
export function useSource(path: string): { source: string; heard: number } {
  const { client } = useWorkspace();
  const heard = useHeard(path);
  const address = client.files.contentUrl(path);
  return { source: heard === 0 ? address : `${address}&tag=${heard}`, heard };
}
