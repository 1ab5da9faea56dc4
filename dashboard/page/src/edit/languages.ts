// Highlighting, by the name of a file. Each language is loaded when the first file in it is opened.

import { StreamLanguage } from "@codemirror/language";
import type { Extension } from "@codemirror/state";

type Load = () => Promise<Extension>;

const script =
  (options: { jsx?: boolean; typescript?: boolean }): Load =>
  async () =>
    (await import("@codemirror/lang-javascript")).javascript(options);
const shell: Load = async () => StreamLanguage.define((await import("@codemirror/legacy-modes/mode/shell")).shell);
const toml: Load = async () => StreamLanguage.define((await import("@codemirror/legacy-modes/mode/toml")).toml);

const LANGUAGES: Record<string, Load> = {
  "js mjs cjs jsx": script({ jsx: true }),
  "ts mts cts": script({ typescript: true }),
  tsx: script({ jsx: true, typescript: true }),
  "json jsonc json5 jsonl webmanifest geojson ipynb": async () => (await import("@codemirror/lang-json")).json(),
  "md markdown mdx": async () => (await import("@codemirror/lang-markdown")).markdown(),
  "css scss less": async () => (await import("@codemirror/lang-css")).css(),
  "html htm vue svelte astro": async () => (await import("@codemirror/lang-html")).html(),
  "xml svg rss plist": async () => (await import("@codemirror/lang-xml")).xml(),
  py: async () => (await import("@codemirror/lang-python")).python(),
  rs: async () => (await import("@codemirror/lang-rust")).rust(),
  "yml yaml": async () => (await import("@codemirror/lang-yaml")).yaml(),
  sql: async () => (await import("@codemirror/lang-sql")).sql(),
  "sh bash zsh env": shell,
  "toml ini conf cfg": toml,
};

const BY_EXTENSION = new Map(
  Object.entries(LANGUAGES).flatMap(([names, load]) => names.split(" ").map((name) => [name, load] as const)),
);

/** The language of a name; nothing for one that has none. */
export function languageOf(name: string): Load | undefined {
  return BY_EXTENSION.get(name.slice(name.lastIndexOf(".") + 1).toLowerCase());
}
