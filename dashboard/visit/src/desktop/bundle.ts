// The snapshot of a desktop: fetched once, when it is first needed, and held to its hash.

import type { Api } from "../access/api.ts";
import { decode } from "../snapshot/decode.ts";
import { type Directory, Malformed } from "../snapshot/tree.ts";
import type { Desktop } from "./row.ts";

/** How much of it has come. */
export type Progress = (receivedBytes: number, totalBytes: number) => void;

/** Why it cannot be used, in a sentence. */
export class Unusable extends Error {
  override name = "Unusable";
}

export class Bundle {
  readonly #api: Api;
  readonly #desktop: Desktop;
  readonly #listeners = new Set<Progress>();
  #loading: Promise<{ bytes: Uint8Array<ArrayBuffer>; root: Directory }> | undefined;
  #isThere = false;

  constructor(api: Api, desktop: Desktop) {
    this.#api = api;
    this.#desktop = desktop;
  }

  get isThere(): boolean {
    return this.#isThere;
  }

  /** Its tree. Throws `Unusable`, or `Failed`; then it can be asked for again. */
  async tree(onProgress: Progress = () => {}): Promise<Directory> {
    return (await this.#load(onProgress)).root;
  }

  /** Its bytes, exactly: a copy, since the runtime takes what it is given away from this page. */
  async copy(onProgress: Progress = () => {}): Promise<Uint8Array<ArrayBuffer>> {
    return (await this.#load(onProgress)).bytes.slice();
  }

  async #load(onProgress: Progress) {
    this.#listeners.add(onProgress);
    this.#loading ??= this.#fetch().catch((error: unknown) => {
      this.#loading = undefined;
      throw error;
    });
    try {
      return await this.#loading;
    } finally {
      this.#listeners.delete(onProgress);
    }
  }

  async #fetch() {
    const { id, version, hash, sizeBytes } = this.#desktop;
    const response = await this.#api.look(`/api/desktops/${id}/snapshot`, { version, hash });
    const bytes = await read(response, sizeBytes, (received) => {
      for (const listener of this.#listeners) listener(received, sizeBytes);
    });
    // Where there is no secure context, there is no hashing either (and nothing can be run).
    if (isSecureContext && (await sha256(bytes)) !== hash)
      throw new Unusable("The snapshot is not the one that was published.");
    try {
      const root = decode(bytes);
      this.#isThere = true;
      return { bytes, root };
    } catch (error) {
      throw error instanceof Malformed ? new Unusable(`The snapshot ${error.message}.`) : error;
    }
  }
}

/** A body that is as long as it should be, in one piece of memory. */
async function read(
  response: Response,
  sizeBytes: number,
  onProgress: (received: number) => void,
): Promise<Uint8Array<ArrayBuffer>> {
  const bytes = new Uint8Array(sizeBytes);
  let received = 0;
  const wrong = () => new Unusable("The snapshot was cut off on its way. Please try again.");
  if (response.body === null) throw wrong();
  // Not `for await`: not every browser that can show this page can go through a stream so.
  const reader = response.body.getReader();
  for (let part = await reader.read(); !part.done; part = await reader.read()) {
    if (received + part.value.length > sizeBytes) throw wrong();
    bytes.set(part.value, received);
    received += part.value.length;
    onProgress(received);
  }
  if (received !== sizeBytes) throw wrong();
  return bytes;
}

async function sha256(bytes: Uint8Array<ArrayBuffer>): Promise<string> {
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
  return [...digest].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}
