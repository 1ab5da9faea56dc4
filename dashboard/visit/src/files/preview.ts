// A file, shown: a picture as one, text as text, whatever it is the source of; the rest can be downloaded.

import { el, fill, visible } from "../ui/dom.ts";
import { size } from "../ui/words.ts";
import { pictureUrl } from "./picture.ts";

/** How much of a text is shown. */
const TEXT_MAX_BYTES = 512 * 1024;

/** Shows files in one place, one after the other. */
export class Preview {
  readonly #place: HTMLElement;
  #objectUrls: string[] = [];

  constructor(place: HTMLElement) {
    this.#place = place;
  }

  /** Words in place of a file. */
  say(...children: (Node | string)[]): void {
    this.#clear();
    fill(this.#place, el("p", { class: "quiet-text" }, ...children));
  }

  show(path: string, bytes: Uint8Array<ArrayBuffer>): void {
    this.#clear();
    fill(this.#place, this.#body(path, bytes));
  }

  /** A link that saves the file, and never opens it: it has no type that would. */
  download(path: string, bytes: Uint8Array<ArrayBuffer>): HTMLElement {
    const href = this.#hold(URL.createObjectURL(new Blob([bytes], { type: "application/octet-stream" })));
    const name = path.slice(path.lastIndexOf("/") + 1);
    return el("a", { class: "button quiet", href, download: visible(name) }, "Download");
  }

  #body(path: string, bytes: Uint8Array<ArrayBuffer>): HTMLElement {
    const url = pictureUrl(path, bytes);
    if (url !== undefined)
      return el("div", { class: "picture" }, el("img", { src: this.#hold(url), alt: `Picture ${path}` }));
    const text = textOf(bytes);
    if (bytes.length === 0) return el("p", { class: "quiet-text" }, "This file is empty.");
    if (text === undefined)
      return el("p", { class: "quiet-text" }, "This file is no text and no picture. It can be downloaded.");
    const isCut = bytes.length > TEXT_MAX_BYTES;
    return el(
      "div",
      { class: "text" },
      isCut &&
        el(
          "p",
          { class: "note" },
          `The first ${size(TEXT_MAX_BYTES)} of ${size(bytes.length)}. Download it to see the rest.`,
        ),
      el("pre", { tabindex: 0, role: "region", "aria-label": `Content of ${path}` }, text),
    );
  }

  #hold(url: string): string {
    if (url.startsWith("blob:")) this.#objectUrls.push(url);
    return url;
  }

  #clear(): void {
    for (const url of this.#objectUrls) URL.revokeObjectURL(url);
    this.#objectUrls = [];
  }
}

/** The text of bytes that are text; of long ones, the beginning. */
function textOf(bytes: Uint8Array): string | undefined {
  const isCut = bytes.length > TEXT_MAX_BYTES;
  try {
    // Cut in the middle of a character, the rest of it is left out.
    const text = new TextDecoder("utf-8", { fatal: true }).decode(bytes.subarray(0, TEXT_MAX_BYTES), { stream: isCut });
    return text.includes("\0") ? undefined : text;
  } catch {
    return undefined;
  }
}
