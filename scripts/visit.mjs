// Builds the page `/d/{id}` from dashboard/visit/ into the Worker's static assets. Its names are fixed, since the Worker's shell names
// them; browsers revalidate them. What runs a desktop is a chunk of its own, which is loaded when somebody asks for it.
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { basename, dirname } from "node:path";
import { gzipSync } from "node:zlib";
import { at, Failure, script } from "./run.mjs";

const SOURCE = "dashboard/visit";
const TARGET = "dashboard/dist/visit";
/** What a visitor loads before they say Run, gzipped. */
const FIRST_MAX_BYTES = 60 * 1024;

export async function buildVisit() {
  const { build } = await import("esbuild"); // a package: there only once everything is set up
  const { outputFiles, metafile } = await build({
    absWorkingDir: at(),
    entryPoints: ["src/main.ts", "style/page.css"].map((path) => ({ in: `${SOURCE}/${path}`, out: "page" })),
    outdir: TARGET,
    bundle: true,
    splitting: true,
    format: "esm",
    target: "es2022",
    minify: true,
    charset: "utf8",
    chunkNames: "[name]-[hash]",
    legalComments: "none",
    metafile: true,
    write: false,
  });
  const files = outputFiles.map(({ path, contents }) => [path, Buffer.from(contents)]);
  for (const name of readdirSync(at(SOURCE, "static")))
    files.push([at(TARGET, name), readFileSync(at(SOURCE, "static", name))]);
  const first = firstLoad(metafile, files);
  if (first > FIRST_MAX_BYTES)
    throw new Failure(`The page of a desktop has ${first} bytes gzipped before Run; ${FIRST_MAX_BYTES} are allowed.`);
  write(files);
  return { first };
}

/** What is loaded at first: all but what is imported dynamically. */
function firstLoad(metafile, files) {
  const outputs = Object.entries(metafile.outputs);
  const later = new Set(
    outputs.flatMap(([, { imports }]) =>
      imports.filter(({ kind }) => kind === "dynamic-import").map(({ path }) => path),
    ),
  );
  const counted = files.filter(([path]) => ![...later].some((name) => path === at(name)));
  const shell = readFileSync(at("src/routes/visit.html"));
  return [...counted.map(([, bytes]) => bytes), shell].reduce((sum, bytes) => sum + gzipSync(bytes).length, 0);
}

/** Only what has changed, so that nothing that watches is woken for nothing; and nothing else stays there. */
function write(files) {
  mkdirSync(at(TARGET), { recursive: true });
  const names = files.map(([path]) => basename(path));
  for (const name of readdirSync(at(TARGET))) if (!names.includes(name)) rmSync(at(TARGET, name), { recursive: true });
  for (const [path, bytes] of files) {
    mkdirSync(dirname(path), { recursive: true });
    if (!existsSync(path) || !readFileSync(path).equals(bytes)) writeFileSync(path, bytes);
  }
}

await script(import.meta, async () => {
  const { first } = await buildVisit();
  console.log(`${first} bytes gzipped before Run`);
});
