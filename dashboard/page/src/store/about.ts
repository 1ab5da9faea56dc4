// What is said of an app or a desktop, as it is typed and as it is told.

import type { Visibility } from "../../../client/index.ts";
import { isApp, type Thing, tagsOf } from "./things.ts";

/** What is said of an app or a desktop, as it is typed: tags with commas between them. */
export interface About {
  title: string;
  icon: string;
  description: string;
  tags: string;
  visibility: Visibility;
}

export function aboutOf(thing: Thing): About {
  const { icon, description, tags, visibility } = thing;
  return {
    title: isApp(thing) ? thing.name : thing.title,
    icon: icon ?? "",
    description: description ?? "",
    tags: tags.join(", "),
    visibility,
  };
}

/** What is told of a thing when it is published. What is empty is not told, unless it takes away what was there before. */
export function saidOf({ title, icon, description, tags, visibility }: About, before: Thing | undefined) {
  return {
    title: title.trim(),
    ...((icon || before?.icon) && { icon }),
    ...((description || before?.description) && { description }),
    tags: tagsOf(tags),
    visibility,
  };
}
