// Builds the page into dashboard/dist, which the Worker serves as its static assets, with the description of the API beside it. Nothing runs when nothing has changed. What a
// browser loads before it shows files is held to a size.
import { existsSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { gzipSync } from "node:zlib";
import { writeApiTypes } from "./api-types.mjs";
import { hash } from "./hash.mjs";
import { at, Failure, run, say, script } from "./run.mjs";
import { setUp } from "./setup.mjs";

const INPUTS = [
  "dashboard/client",
  "dashboard/page",
  "dashboard/visit/src/access",
  "openapi.json",
  "package-lock.json",
  "scripts/hash.mjs",
  "scripts/page.mjs",
];
const DIST = at("dashboard/dist");
const STAMP = at("dashboard/dist/.stamp");
/** Gzipped, all that the first screen needs: it is there before a phone's patience ends. */
const FIRST_MAX_BYTES = 250 * 1024;

export async function buildPage(env) {
  await writeApiTypes();
  const inputs = hash(INPUTS);
  if (existsSync(STAMP) && readFileSync(STAMP, "utf8") === inputs) return;
  say("building the page");
  rmSync(STAMP, { force: true });
  await run("vite", ["build", "dashboard/page", "--logLevel", "warn"], { env });
  const bytes = first();
  if (bytes > FIRST_MAX_BYTES)
    throw new Failure(`The page's first screen is ${bytes} bytes gzipped; it may have ${FIRST_MAX_BYTES}.`);
  // The description of the API is served beside the page; without the blanks that are there for people.
  writeFileSync(
    at("dashboard/dist/openapi.json"),
    JSON.stringify(JSON.parse(readFileSync(at("openapi.json"), "utf8"))),
  );
  // What only the build needs is not served; nor is the stamp.
  rmSync(at("dashboard/dist/.vite"), { recursive: true });
  writeFileSync(at("dashboard/dist/.assetsignore"), ".stamp\n.assetsignore\n");
  say(`the page's first screen is ${Math.ceil(bytes / 1024)} KiB gzipped`);
  writeFileSync(STAMP, inputs);
}

/** Gzipped bytes of the document and of all that it loads by itself. */
function first() {
  const manifest = JSON.parse(readFileSync(at("dashboard/dist/.vite/manifest.json"), "utf8"));
  const files = new Set(["index.html"]);
  const visit = (name) => {
    const { file, css = [], imports = [] } = manifest[name];
    for (const each of [file, ...css]) files.add(each);
    imports.forEach(visit);
  };
  visit("index.html");
  return [...files].reduce((sum, file) => sum + gzipSync(readFileSync(`${DIST}/${file}`)).length, 0);
}

await script(import.meta, async () => buildPage(await setUp()));
