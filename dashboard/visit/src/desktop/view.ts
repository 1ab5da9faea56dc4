// The desktop itself: what it is called, whose it is, what is on it.

import { badge } from "../ui/badge.ts";
import { el, foreign } from "../ui/dom.ts";
import { icon } from "../ui/icon.ts";
import { count, day, size } from "../ui/words.ts";
import type { App, Desktop } from "./row.ts";

/** What the visitor can do with it. */
export interface Actions {
  run(): void;
  fork(): void;
}

export function hero(desktop: Desktop, actions: Actions): HTMLElement {
  const facts = [
    desktop.version !== "" && `Version ${desktop.version}`,
    count(desktop.files, "file"),
    size(desktop.sizeBytes),
    desktop.updatedAt !== "" && `Updated ${day(desktop.updatedAt)}`,
    desktop.visits > 0 && count(desktop.visits, "visit"),
    desktop.forks > 0 && count(desktop.forks, "fork"),
    desktop.visibility !== "public" && (desktop.visibility === "private" ? "Private: only you see it" : "Unlisted"),
  ];
  const from = desktop.forkedFrom;
  return el(
    "section",
    { class: "hero", "aria-labelledby": "title" },
    badge(desktop.icon, desktop.title),
    el(
      "div",
      { class: "what" },
      el("h1", { id: "title" }, foreign(desktop.title)),
      el("p", { class: "owner" }, "by ", foreign(desktop.owner)),
      from &&
        el(
          "p",
          { class: "owner" },
          "forked from ",
          el("a", { href: `/d/${from.id}` }, foreign(from.title)),
          " by ",
          foreign(from.owner),
        ),
      desktop.description !== undefined && el("p", { class: "description" }, foreign(desktop.description)),
      el("ul", { class: "facts" }, ...facts.map((fact) => fact !== false && el("li", {}, fact))),
      desktop.tags.length > 0 &&
        el("ul", { class: "tags", "aria-label": "Tags" }, ...desktop.tags.map((tag) => el("li", {}, foreign(tag)))),
    ),
    el(
      "div",
      { class: "actions" },
      el("button", { type: "button", class: "button primary", id: "run", click: actions.run }, icon("play"), "Run"),
      el("button", { type: "button", class: "button", id: "fork", click: actions.fork }, "Fork into my desktop"),
    ),
  );
}

/** The apps on it; each opens the source that it begins with. */
export function apps(list: readonly App[], reveal: (path: string) => void): HTMLElement | undefined {
  if (list.length === 0) return undefined;
  const cards = list.map((app) =>
    el(
      "li",
      {},
      el(
        "button",
        { type: "button", class: "app", click: () => reveal(app.entry), title: "Look at its source" },
        badge(app.icon, app.name),
        el("span", { class: "name" }, foreign(app.name)),
      ),
    ),
  );
  return el(
    "section",
    { class: "panel apps", "aria-labelledby": "apps" },
    el("h2", { id: "apps" }, "Apps"),
    el("ul", {}, ...cards),
  );
}
