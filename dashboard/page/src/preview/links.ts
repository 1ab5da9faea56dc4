// Where the links of a text lead. Only https, http and mailto lead out of the page; what else is a scheme leads nowhere.

import { isWithin, parentOf } from "../state/paths.ts";
import { hrefOf } from "../state/route.ts";

/** The path that a relative reference means, seen from a file; null if it leaves the workspace or is no path. */
export function resolve(reference: string, from: string, root: string): string | null {
  const [before = ""] = reference.split(/[?#]/, 1);
  let decoded: string;
  try {
    decoded = decodeURIComponent(before);
  } catch {
    return null;
  }
  // What a browser would read as a scheme or a host is none of ours.
  if (decoded === "" || /^[a-z][a-z0-9+.-]*:/i.test(decoded) || decoded.startsWith("//") || decoded.includes("\\"))
    return null;
  const start = decoded.startsWith(`${root}/`) ? "" : decoded.startsWith("/") ? root : parentOf(from);
  const parts: string[] = [];
  for (const part of `${start}/${decoded}`.split("/")) {
    if (part === "..") parts.pop();
    else if (part !== "" && part !== ".") parts.push(part);
  }
  const path = `/${parts.join("/")}`;
  return isWithin(path, root) ? path : null;
}

/** The address of a link, safe to be clicked; null if there is none. */
export function linkOf(href: string, from: string, root: string): string | null {
  const trimmed = href.trim();
  if (/^(https?:\/\/|mailto:)/i.test(trimmed)) return trimmed;
  const path = resolve(trimmed, from, root);
  if (path === null) return null;
  const slash = /\/([?#]|$)/.test(trimmed) ? "/" : "";
  return hrefOf({ screen: "files", path: path === root ? "" : path.slice(root.length + 1) + slash });
}

/** The path of a picture in the workspace. */
export function pictureOf(href: string, from: string, root: string): string | null {
  const path = resolve(href.trim(), from, root);
  return path === root ? null : path;
}
