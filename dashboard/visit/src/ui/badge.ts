// The icon of a desktop or an app: what was given, if it can be shown without asking a stranger's server; else a letter.

import { el, visible } from "./dom.ts";

const PICTURE = /^data:image\/(png|jpeg|gif|webp|avif|svg\+xml)[;,]/;

export function badge(icon: string | undefined, name: string): HTMLElement {
  const box = el("span", { class: "badge", "aria-hidden": "true" });
  // A colour of its own, from its name.
  const hue = [...name].reduce((sum, letter) => (sum * 31 + (letter.codePointAt(0) ?? 0)) % 360, 7);
  box.style.setProperty("--hue", String(hue));
  const letter = [...visible(name.trim())][0]?.toUpperCase() ?? "?";
  const source = icon === undefined ? undefined : pictureSource(icon);
  if (source !== undefined) {
    const picture = el("img", { src: source, alt: "", referrerpolicy: "no-referrer" });
    picture.addEventListener("error", () => box.replaceChildren(letter));
    box.append(picture);
  } else {
    box.append(icon !== undefined && isSign(icon) ? icon : letter);
  }
  return box;
}

/** A picture of our own origin, or one that is in the text itself. */
function pictureSource(icon: string): string | undefined {
  if (PICTURE.test(icon)) return icon;
  if (!/^(https?:|\/)/.test(icon) || !URL.canParse(icon, location.origin)) return undefined;
  const url = new URL(icon, location.origin);
  return url.origin === location.origin && url.pathname.startsWith("/media/") ? url.href : undefined;
}

/** An emoji or the like: one thing to see, which is no word. */
function isSign(icon: string): boolean {
  const signs = [...new Intl.Segmenter("en").segment(icon.trim())];
  return signs.length === 1 && !/[\p{L}\p{N}\p{Cc}]/u.test(icon);
}
