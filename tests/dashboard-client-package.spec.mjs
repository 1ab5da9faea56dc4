// The client as a package, in the hands of somebody who has nothing else: packed, taken apart, typed, run and bundled.

import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { after, before, test } from "node:test";
import { build } from "esbuild";

const REPOSITORY = resolve(import.meta.dirname, "..");
const home = mkdtempSync(join(tmpdir(), "holdfast-package-"));
const installed = join(home, "node_modules/holdfast-client");
after(() => rmSync(home, { recursive: true, force: true }));

/** Of the files of the package. @param {string} name */
const read = (name) => readFileSync(join(installed, name), "utf8");
/** @param {string} program @param {string[]} args */
function run(program, args) {
  try {
    return execFileSync(program, args, { cwd: home, encoding: "utf8", shell: process.platform === "win32" });
  } catch (error) {
    const { stdout, stderr } = /** @type {{ stdout: string, stderr: string }} */ (error);
    assert.fail(`${stdout}\n${stderr}`);
  }
}

before(() => {
  run("npm", ["pack", "--silent", "--pack-destination", home, join(REPOSITORY, "dashboard/client")]);
  const [archive = ""] = readdirSync(home).filter((name) => name.endsWith(".tgz"));
  mkdirSync(installed, { recursive: true });
  run("tar", ["-xzf", archive, "-C", installed, "--strip-components", "1"]);
  // React is its user's.
  for (const name of ["react", "@types/react", "csstype"]) {
    mkdirSync(join(home, "node_modules", name, ".."), { recursive: true });
    symlinkSync(join(REPOSITORY, "node_modules", name), join(home, "node_modules", name), "junction");
  }
  writeFileSync(join(home, "package.json"), '{ "type": "module" }');
});

/** What the pieces of the README leave to their reader. */
const LEFT_OUT = `
export {};
declare global {
  const gatewayUrl: string;
  const gateway: () => Promise<string>;
  const blob: Blob;
  const show: (...what: unknown[]) => void;
  const process: { env: Record<string, string | undefined> };
}`;

test("every piece of its README is typed as it stands, by all that resolves packages", () => {
  const pieces = [...read("README.md").matchAll(/```(tsx?)\n([\s\S]*?)```/g)];
  assert.ok(pieces.length > 7, String(pieces.length));
  writeFileSync(join(home, "left-out.d.ts"), LEFT_OUT);
  for (const [nth, [, kind, text = ""]] of pieces.entries()) writeFileSync(join(home, `piece-${nth}.${kind}`), text);
  for (const [module, moduleResolution] of [
    ["esnext", "bundler"],
    ["node16", "node16"],
    ["nodenext", "nodenext"],
  ]) {
    const strict = {
      strict: true,
      exactOptionalPropertyTypes: true,
      skipLibCheck: false,
      noUncheckedIndexedAccess: true,
    };
    const lib = ["es2023", "dom", "dom.iterable"];
    const compilerOptions = {
      ...strict,
      module,
      moduleResolution,
      lib,
      target: "es2022",
      jsx: "react-jsx",
      types: [],
      noEmit: true,
    };
    const config = join(home, `tsconfig.${moduleResolution}.json`);
    writeFileSync(config, JSON.stringify({ compilerOptions, include: ["*.ts", "*.tsx"] }));
    run(process.execPath, [join(REPOSITORY, "node_modules/typescript/lib/tsc.js"), "-p", config]);
  }
});

test("every entry can be imported and required by Node; nothing is packed that nobody can reach", () => {
  const { exports, dependencies } = JSON.parse(read("package.json"));
  assert.equal(dependencies, undefined);
  const names = Object.keys(exports)
    .filter((name) => name !== "./package.json")
    .map((name) => `holdfast-client${name.slice(1)}`);
  const script = `
    import { createRequire } from "node:module";
    const required = createRequire(import.meta.url);
    for (const name of ${JSON.stringify(names)}) console.log(name, (await import(name)) === required(name));`;
  writeFileSync(join(home, "use.mjs"), script);
  assert.equal(run(process.execPath, ["use.mjs"]), names.map((name) => `${name} true\n`).join(""));
  assert.deepEqual(readdirSync(installed).sort(), ["README.md", "dist", "package.json"]);
  const sources = readdirSync(join(REPOSITORY, "dashboard/client"), { recursive: true, encoding: "utf8" });
  for (const name of readdirSync(join(installed, "dist"), { recursive: true, encoding: "utf8" }))
    if (name.endsWith(".js")) assert.ok(sources.includes(name.replace(/js$/, "ts")), `${name} is of no source`);
});

test("a page's bundle has what it imports of it, and nothing of Node", async () => {
  const stdin = { contents: 'export { connect } from "holdfast-client"', resolveDir: home };
  const { metafile } = await build({
    stdin,
    bundle: true,
    write: false,
    platform: "browser",
    format: "esm",
    metafile: true,
  });
  const inputs = Object.keys(metafile.inputs).join();
  assert.match(inputs, /connect\.js/);
  assert.doesNotMatch(inputs, /tools\.js|react|bridge\.js|mint\.js/);
});
