// For agents: publishing, installing and visiting as tools, each a name, a description, a JSON Schema of its arguments, and what does
// it. They are in the form that model APIs and MCP take; a host adds them to its own.
//
// A tool answers instead of throwing: an agent reads the sentence and goes on. Two things are left to people on purpose: no tool
// publishes a file that holds what looks like a credential (`allow`), and none takes back what is published.

import type { Holdfast } from "./connect.ts";
import { HoldfastError } from "./error.ts";
import { type ArgumentSchema, checked, type Input, type InputSchema } from "./tool-input.ts";
import type { PublishStep, Visibility } from "./types-published.ts";

export interface ToolOptions {
  signal?: AbortSignal;
  /** The unit of work that changes of the workspace belong to. */
  turn?: string;
  onProgress?: (progress: ToolProgress) => void;
}

/** How far a tool is: a sentence to be shown, and the step that it is about. */
export type ToolProgress = PublishStep & { text: string };

/** What a tool has done; or why it has not, with what the Worker said besides. */
export type ToolResult = { ok: true; [more: string]: unknown } | { ok: false; error: string; [more: string]: unknown };

export interface Tool {
  name: string;
  description: string;
  /** JSON Schema; what is not as it says is refused. */
  inputSchema: InputSchema;
  run(input: unknown, options?: ToolOptions): Promise<ToolResult>;
}

export interface ToolsOptions {
  /** Shows a desktop to the person: it opens the address. Without it the address is only answered. */
  visit?: (url: string) => void;
}

const text = (description: string): ArgumentSchema => ({ type: "string", description });
const visibility: ArgumentSchema = {
  type: "string",
  enum: ["public", "unlisted", "private"],
  description: "Who finds it: everyone, whoever has the link, or only its owner. New things are public.",
};
const version = text("Three numbers, such as 1.2.0. Left out, it is the next patch.");

/** The four tools of a workspace. */
export function tools(client: Holdfast, { visit }: ToolsOptions = {}): readonly Tool[] {
  return [
    tool(
      "publish_app",
      "Publish an app of this desktop (the folder src/apps/<appId>) to the app store. Publishing it again makes a new version.",
      {
        appId: text("The name of the app's folder below src/apps."),
        name: text("What people call it."),
        icon: text("An emoji."),
        description: text("What it is for, in a sentence or two."),
        tags: { type: "array", items: { type: "string" }, maxItems: 16 },
        version,
        visibility,
      },
      ["appId"],
      async (input, { signal, onProgress }) => {
        const app = { ...about(input), appId: needed(input, "appId"), ...given("name", word(input, "name")) };
        return { ...(await client.publish.app(app, telling({ signal, onProgress }))) };
      },
    ),
    tool(
      "publish_desktop",
      "Publish this whole desktop, so that others can look at it, run it and copy it. Answers its link (visitUrl). Publishing it again makes a new version.",
      {
        title: text("What it is called. Left out, it keeps its title."),
        description: text("What there is to see."),
        icon: text("An emoji."),
        version,
        visibility,
        desktopId: text(`A name for it, of letters, digits, _ and -; ${MAIN} if left out.`),
        exclude: { type: "array", items: { type: "string" }, description: "Paths or patterns that stay out." },
      },
      [],
      async (input, { signal, onProgress }) => {
        const desktopId = word(input, "desktopId") ?? MAIN;
        const title = word(input, "title") ?? (await titleOf(client, desktopId, signal));
        const desktop = { ...about(input), desktopId, title, ...given("exclude", words(input, "exclude")) };
        return { ...(await client.publish.desktop(desktop, telling({ signal, onProgress }))) };
      },
    ),
    tool(
      "install_app",
      "Install an app from the app store into this desktop. The answer's pnpm are the arguments that are left to be run with pnpm, if there are any.",
      {
        appId: text("The app's id in the store: 32 hex digits."),
        version: text("Another version than the one that is offered."),
        update: {
          type: "boolean",
          description: "Bring an installed app up to date. Files that were changed here stay.",
        },
      },
      ["appId"],
      async (input, { signal, turn, onProgress }) => {
        const id = needed(input, "appId");
        const change = {
          ...given("signal", signal),
          ...given("turn", turn),
          ...given("version", word(input, "version")),
        };
        onProgress?.({ step: "installing", text: "Installing" });
        const done = await (input.update === true ? client.store.update(id, change) : client.store.install(id, change));
        return { ...done };
      },
    ),
    tool(
      "visit_desktop",
      "Show a published desktop to the person, beside their own: it can be looked at, run, and copied.",
      { desktopId: text("The desktop's id: 32 hex digits, as in its link /d/<id>.") },
      ["desktopId"],
      async (input, { signal }) => {
        // Asked for first: a page that says "not found" helps nobody.
        const { id, title, owner } = await client.store.get(
          "desktops",
          needed(input, "desktopId"),
          given("signal", signal),
        );
        const url = client.store.visitUrl(id);
        visit?.(url);
        return { ok: true, id, title, owner, url };
      },
    ),
  ];
}

/** What a desktop is called that nobody has named: there is one for each workspace. */
const MAIN = "main";

function tool(
  name: string,
  description: string,
  properties: InputSchema["properties"],
  required: readonly string[],
  work: (input: Input, options: ToolOptions) => Promise<ToolResult>,
): Tool {
  const inputSchema: InputSchema = { type: "object", properties, required, additionalProperties: false };
  const run = async (input: unknown, options: ToolOptions = {}): Promise<ToolResult> => {
    try {
      return await work(checked(input, inputSchema), options);
    } catch (cause) {
      if (!(cause instanceof HoldfastError)) throw cause;
      return { ...cause.body, ok: false, error: cause.message };
    }
  };
  return { name, description, inputSchema, run };
}

/** What is said of an app or a desktop. */
function about(input: Input) {
  return {
    ...given("icon", word(input, "icon")),
    ...given("description", word(input, "description")),
    ...given("tags", words(input, "tags")),
    ...given("version", word(input, "version")),
    ...given("visibility", word(input, "visibility") as Visibility | undefined),
  };
}

/** The title that a desktop has; one made of its owner's name if it is new. */
async function titleOf(client: Holdfast, desktopId: string, signal: AbortSignal | undefined): Promise<string> {
  const options = given("signal", signal);
  const { handle, name } = await client.store.profile(options);
  for (let cursor: string | undefined; ; ) {
    const page = await client.store.desktops({ ...options, owner: handle, ...given("cursor", cursor) });
    const known = page.desktops.find((row) => row.desktopId === desktopId);
    if (known) return known.title;
    cursor = page.cursor;
    if (cursor === undefined) return `The desktop of ${name ?? handle}`;
  }
}

const STEPS: Record<string, string> = {
  listing: "Listing files",
  scanning: "Looking through files",
  packing: "Packing",
  sending: "Sending",
  publishing: "Publishing",
};

/** A step of a publish in words: `Sending: 120 of 800 files`. */
export function sayStep({ step, files, of }: PublishStep): string {
  const verb = STEPS[step] ?? step;
  return files === undefined || of === undefined ? verb : `${verb}: ${files} of ${of} files`;
}

function telling({ signal, onProgress }: { [K in "signal" | "onProgress"]: ToolOptions[K] | undefined }) {
  const told = (step: PublishStep) => onProgress?.({ ...step, text: sayStep(step) });
  return { onProgress: told, ...given("signal", signal) };
}

/** A field that is there only if it has a value. */
function given<Name extends string, T>(name: Name, value: T | undefined) {
  return (value === undefined ? {} : { [name]: value }) as { [K in Name]?: T };
}

// What these find has been held against the schema.

/** A text; an empty one says nothing. */
function word(input: Input, name: string): string | undefined {
  return (input[name] as string | undefined) || undefined;
}

function needed(input: Input, name: string): string {
  return word(input, name) ?? "";
}

function words(input: Input, name: string): string[] | undefined {
  return input[name] as string[] | undefined;
}
