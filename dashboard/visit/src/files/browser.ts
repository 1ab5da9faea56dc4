// The files of a desktop: one folder at a time, a search over all of them, and a file beside it. It reads, and changes nothing.

import { sentenceOf } from "../access/api.ts";
import type { Bundle } from "../desktop/bundle.ts";
import type { Directory, Entry } from "../snapshot/tree.ts";
import { button, el, fill, foreign, visible } from "../ui/dom.ts";
import { icon } from "../ui/icon.ts";
import { size } from "../ui/words.ts";
import { type Folder, folderAt, type Item, ofSnapshot, search, sorted } from "./listing.ts";
import { Preview } from "./preview.ts";

/** How many rows are shown before somebody asks for more. */
const ROWS = 300;
const FOUND_MAX = 200;
/** A snapshot above this is fetched only when somebody says so. */
const UNASKED_MAX_BYTES = 20 * 1024 * 1024;

export class FileBrowser {
  readonly element: HTMLElement;
  readonly #bundle: Bundle;
  readonly #sizeBytes: number;
  #root: Folder;
  #names: string[] = [];
  #opened: string | undefined;
  #isAllowed = false;
  readonly #crumbs = el("nav", { class: "crumbs", "aria-label": "Folder" });
  readonly #rows = el("ul", { class: "rows", "aria-label": "Files" });
  readonly #filter = el("input", {
    type: "search",
    placeholder: "Find a file",
    "aria-label": "Find a file",
    autocomplete: "off",
  });
  readonly #heading = el("h3", { tabindex: -1 });
  readonly #tools = el("span", { class: "tools" });
  readonly #split = el("div", { class: "split" });
  readonly #preview: Preview;

  constructor(bundle: Bundle, sizeBytes: number, root: Folder) {
    this.#bundle = bundle;
    this.#sizeBytes = sizeBytes;
    this.#root = root;
    const place = el("div", { class: "shown", "aria-live": "polite" });
    this.#preview = new Preview(place);
    this.#filter.addEventListener("input", () => this.#list());
    this.#rows.addEventListener("keydown", (event) => this.#onKey(event));
    const back = el(
      "button",
      { type: "button", class: "button quiet back", click: () => this.#close() },
      icon("back"),
      "Files",
    );
    this.#split.append(
      el("div", { class: "list" }, this.#filter, this.#rows),
      el(
        "article",
        { class: "preview", "aria-label": "File" },
        el("header", {}, back, this.#heading, this.#tools),
        place,
      ),
    );
    this.element = el(
      "section",
      { class: "files panel", "aria-labelledby": "files" },
      el("h2", { id: "files" }, "Files"),
      this.#crumbs,
      this.#split,
    );
    this.#preview.say("Choose a file to look at it.");
    this.#list();
  }

  /** Opens a file by its path, and the folder that it is in. */
  async reveal(path: string): Promise<void> {
    const names = path.split("/").filter((name) => name !== "");
    const folder = names.slice(0, -1);
    if (folderAt(this.#root, folder) === undefined) return;
    this.#names = folder;
    this.#filter.value = "";
    this.#list();
    this.element.scrollIntoView({ block: "start" });
    await this.#open(names.join("/"));
  }

  #list(shown = ROWS): void {
    const text = this.#filter.value.trim();
    const folder = folderAt(this.#root, this.#names) ?? this.#root;
    const found = text === "" ? undefined : search(this.#root, text, FOUND_MAX);
    const prefix = this.#names.map((name) => `${name}/`).join("");
    const all = found ?? sorted(folder).map(([name, item]) => ({ path: prefix + name, item }));
    const rows: Node[] = all.slice(0, shown).map(({ path, item }) => this.#row(path, item, found !== undefined));
    if (all.length > shown) {
      const more = button(`Show ${all.length - shown} more`, () => this.#list(Number.POSITIVE_INFINITY), {
        class: "row more",
      });
      rows.push(el("li", {}, more));
    }
    if (all.length === 0)
      rows.push(el("li", { class: "quiet-text" }, found ? "No file has this in its name." : "This folder is empty."));
    fill(this.#rows, ...rows);
    this.#showCrumbs();
  }

  #row(path: string, item: Item, isWhole: boolean): HTMLElement {
    const name = isWhole ? path : path.slice(path.lastIndexOf("/") + 1);
    const detail = item.kind === "file" ? size(item.sizeBytes) : item.kind === "link" ? "link" : "";
    const open = () => (item.kind === "directory" ? this.#enter(path.split("/")) : void this.#open(path));
    const row = el(
      "button",
      { type: "button", class: "row", click: open, "data-path": path, "aria-current": path === this.#opened && "true" },
      icon(item.kind === "directory" ? "folder" : item.kind),
      el("span", { class: "name" }, foreign(name)),
      el("span", { class: "size" }, detail),
    );
    return el("li", {}, row);
  }

  #showCrumbs(): void {
    const parts = this.#names.flatMap((name, at) => [
      el("span", { class: "slash", "aria-hidden": "true" }, "/"),
      this.#crumb(name, this.#names.slice(0, at + 1)),
    ]);
    fill(this.#crumbs, this.#crumb("Desktop", []), ...parts);
  }

  #crumb(name: string, names: string[]): HTMLElement {
    const isHere = names.length === this.#names.length;
    return el(
      "button",
      { type: "button", class: "crumb", click: () => this.#enter(names), "aria-current": isHere && "location" },
      foreign(name),
    );
  }

  #enter(names: string[]): void {
    const from = this.#names;
    this.#names = names;
    this.#filter.value = "";
    this.#list();
    // Going up, the folder that was left is where the eye is.
    const left = from.length > names.length ? from.slice(0, names.length + 1).join("/") : undefined;
    this.#focus(left) || this.#focus();
  }

  #focus(path?: string): boolean {
    const rows = [...this.#rows.querySelectorAll<HTMLElement>(".row")];
    const row = path === undefined ? rows[0] : rows.find((row) => row.dataset.path === path);
    row?.focus();
    return row !== undefined;
  }

  #onKey(event: KeyboardEvent): void {
    const rows = [...this.#rows.querySelectorAll<HTMLElement>(".row")];
    const at = rows.indexOf(document.activeElement as HTMLElement);
    const to = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: rows.length - 1 }[event.key];
    const isUp = (event.key === "Backspace" || event.key === "ArrowLeft") && this.#names.length > 0;
    if (to !== undefined) rows[to]?.focus();
    else if (isUp) this.#enter(this.#names.slice(0, -1));
    if (to !== undefined || isUp) event.preventDefault();
  }

  async #open(path: string): Promise<void> {
    this.#opened = path;
    for (const row of this.#rows.querySelectorAll<HTMLElement>(".row")) {
      if (row.dataset.path === path) row.setAttribute("aria-current", "true");
      else row.removeAttribute("aria-current");
    }
    // Found somewhere else, it says where.
    const name = path.slice(path.lastIndexOf("/") + 1);
    fill(this.#heading, foreign([...this.#names, name].join("/") === path ? name : path));
    this.#heading.title = visible(path);
    fill(this.#tools);
    this.#split.classList.add("is-open");
    // Where the list makes room for the file, so does the focus.
    if (this.#rows.offsetParent === null) this.#heading.focus();
    if (!this.#bundle.isThere && this.#sizeBytes > UNASKED_MAX_BYTES && !this.#isAllowed) {
      const fetchAll = () => {
        this.#isAllowed = true;
        void this.#open(path);
      };
      this.#preview.say(
        "To look into files, the whole desktop has to be fetched. ",
        button(`Fetch ${size(this.#sizeBytes)}`, fetchAll),
      );
      return;
    }
    try {
      const root = await this.#bundle.tree((received, total) => {
        if (this.#opened === path) this.#preview.say(`Fetching: ${size(received)} of ${size(total)}…`);
      });
      this.#learn(root);
      if (this.#opened === path) this.#show(path, entryAt(root, path.split("/")));
    } catch (error) {
      if (this.#opened === path) this.#preview.say(sentenceOf(error));
    }
  }

  #show(path: string, entry: Entry | undefined): void {
    if (entry?.kind === "file") {
      const bytes = entry.bytes as Uint8Array<ArrayBuffer>;
      this.#preview.show(path, bytes);
      fill(this.#tools, el("span", { class: "size" }, size(bytes.length)), this.#preview.download(path, bytes));
    } else if (entry?.kind === "link")
      this.#preview.say("A link to ", foreign(entry.target), ". Links are not followed.");
    else this.#preview.say("This file is not in the snapshot.");
  }

  /** The snapshot knows more than the manifest: empty folders, links. */
  #learn(root: Directory): void {
    if (this.#isLearned) return;
    this.#isLearned = true;
    this.#root = ofSnapshot(root);
    const focused = (document.activeElement as HTMLElement | null)?.dataset.path;
    this.#list();
    if (focused !== undefined) this.#focus(focused);
  }
  #isLearned = false;

  #close(): void {
    const path = this.#opened;
    this.#split.classList.remove("is-open");
    this.#focus(path) || this.#focus();
  }
}

function entryAt(root: Directory, names: readonly string[]): Entry | undefined {
  return names.reduce<Entry | undefined>(
    (entry, name) => (entry?.kind === "directory" ? entry.children.get(name) : undefined),
    root,
  );
}
