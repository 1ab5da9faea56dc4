// Making a desktop one's own: its tree, in a new folder of the visitor's workspace.

import { type Api, sentenceOf } from "../access/api.ts";
import { accessForm } from "../access/form.ts";
import type { Access } from "../access/gateway.ts";
import { button, el, fill, foreign } from "../ui/dom.ts";
import { count } from "../ui/words.ts";
import type { Desktop } from "./row.ts";

/** A folder's name for a title: what every file system takes, and a shell needs no quotes for. */
export function folderName(title: string): string {
  const name = title
    .normalize("NFKD")
    .replace(/[^\w\s-]/g, "")
    .trim()
    .replace(/[\s_]+/g, "-")
    .toLowerCase();
  return name.slice(0, 60) || "desktop";
}

export class ForkDialog {
  readonly #dialog: HTMLDialogElement;
  readonly #body = el("div", { class: "body" });
  readonly #access: Access;
  readonly #api: Api;
  readonly #desktop: Desktop;
  readonly #root: string;
  readonly #returnTo: string;

  constructor(access: Access, api: Api, desktop: Desktop, root: string, returnTo: string) {
    this.#access = access;
    this.#api = api;
    this.#desktop = desktop;
    this.#root = root;
    this.#returnTo = returnTo;
    this.#dialog = el(
      "dialog",
      { "aria-labelledby": "fork-title" },
      el("h2", { id: "fork-title" }, "Fork into my desktop"),
      this.#body,
    );
    document.body.append(this.#dialog);
  }

  async open(): Promise<void> {
    fill(this.#body, el("p", { class: "quiet-text", role: "status" }, "One moment…"));
    this.#dialog.showModal();
    await this.#ask();
  }

  async #ask(into = `${this.#root}/${folderName(this.#desktop.title)}`, wrong = ""): Promise<void> {
    const gateway = await this.#access.find();
    if (gateway === undefined) {
      fill(
        this.#body,
        wrong !== "" && el("p", { class: "wrong", role: "alert" }, wrong),
        el("p", {}, "A copy of all files goes into your own workspace. Whose it is, your signed URL says."),
        accessForm(this.#access, () => void this.#ask(into), this.#cancel()),
      );
      this.#body.querySelector("input")?.focus();
      return;
    }
    const field = el("input", {
      id: "fork-into",
      type: "text",
      value: into,
      required: true,
      autocomplete: "off",
      spellcheck: "false",
      "aria-describedby": "fork-wrong",
    });
    const go = el("button", { type: "submit", class: "button primary" }, "Fork");
    const forget = () => {
      this.#access.forget();
      void this.#ask(field.value);
    };
    const other = button("Use another", forget, { class: "plain" });
    const take = () => {
      this.#access.takeOffered();
      void this.#ask(field.value);
    };
    const offered = this.#access.offered;
    const submit = (event: Event) => {
      event.preventDefault();
      go.disabled = true;
      go.textContent = "Forking…";
      void this.#fork(field.value.trim());
    };
    fill(
      this.#body,
      el("p", {}, `${count(this.#desktop.files, "file")} go into a new folder. Nothing else changes there.`),
      // A link may bring somebody else's signed URL: whose it is, is to be seen.
      el("p", { class: "whose" }, "The workspace is that of ", el("strong", {}, foreign(gateway.userId)), ". ", other),
      offered !== undefined &&
        el(
          "p",
          { class: "whose" },
          "The link that you followed brought the signed URL of ",
          el("strong", {}, foreign(offered)),
          ". ",
          button("Use that one", take, { class: "plain" }),
        ),
      el(
        "form",
        { submit },
        el("label", { for: "fork-into" }, "New folder"),
        field,
        el("p", { id: "fork-wrong", class: "wrong", role: "alert" }, wrong),
        el("div", { class: "actions" }, go, this.#cancel()),
      ),
    );
    field.focus();
  }

  async #fork(into: string): Promise<void> {
    try {
      const { id, version } = this.#desktop;
      const answer = await this.#api.change(`/api/desktops/${id}/fork`, { into, version });
      const said = typeof answer === "object" && answer !== null && "path" in answer ? answer.path : undefined;
      this.#done(typeof said === "string" ? said : into);
    } catch (error) {
      await this.#ask(into, sentenceOf(error));
    }
  }

  #done(path: string): void {
    const home = el("a", { class: "button primary", href: this.#returnTo }, "Return to my desktop");
    fill(
      this.#body,
      el("p", { role: "status" }, "Done. It is yours now, in ", el("strong", {}, foreign(path)), "."),
      el("div", { class: "actions" }, home, this.#cancel("Stay here")),
    );
    home.focus();
  }

  #cancel(label = "Cancel"): HTMLElement {
    return button(label, () => this.#dialog.close());
  }
}
