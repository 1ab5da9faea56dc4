// The packages that real components name, and what a request says of an app: what is found, what wins, and what is refused.

import assert from "node:assert/strict";
import { test } from "node:test";
import { ok, refused } from "./expect.mjs";
import { serve } from "./harness.mjs";
import { call } from "./media.mjs";
import { fill, preview, publish, shelved } from "./publishing.mjs";
import { anyone } from "./store.mjs";

const server = serve({ CATALOG_CACHE_SECONDS: "0" });

const INDEX = `// @jsxRuntime automatic
import React, { Suspense, lazy, type ReactNode } from "react";
import * as THREE from "three";
import { OrbitControls } from "three/examples/jsm/controls/OrbitControls.js";
import type { Editor as TiptapEditor } from "@tiptap/core";
import { type Variants } from "framer-motion";
import "@fontsource/inter/400.css";
import "./styles.css";
import styles from "./styles.module.css";
import { api } from "@/lib/api";
import { theme } from "~/theme";
import logo from "/logo.svg?url";
import worker from "comlink?worker";
import { clamp as bounded } from "../../shared/math";
import fs from "fs";
import { EventEmitter } from "node:events";
import config from "./config.json" with { type: "json" };

const Chart = lazy(() => import("recharts"));
const Map = lazy(() => import(\`maplibre-gl/dist/\${"maplibre"}.js\`));
const Lazy = lazy(() => import(\`@scope/lazy/deep/path\`));

// import "commented-out";
/* require("also-commented-out") */
const text = 'import "in-a-string" from "in-a-string"';
const markup = <p>import {"{"} x {"}"} from "in-markup"; require("in-markup-too")</p>;

interface Props<T extends object = {}> {
  children?: ReactNode;
  items: readonly T[];
  render(item: T): JSX.Element;
}

export default function Studio<T extends object>({ children, items, render }: Props<T>) {
  const [state, setState] = React.useState<Record<string, unknown> | null>(null);
  const generic = <T,>(value: T) => value;
  React.useEffect(() => {
    let isGone = false;
    (async () => {
      const { default: confetti } = await import("canvas-confetti");
      if (!isGone) confetti({ spread: bounded(70, 0, 90) satisfies number });
    })();
    return () => void (isGone = true);
  }, []);
  return (
    <Suspense fallback={<>…</>}>
      {items.map((item, index) => <li key={index}>{render(item)}</li>)}
      <Chart data-url={\`https://example.com/\${state?.["path"] ?? ""}\`} />
      {children}
    </Suspense>
  );
}
export { default as Icon } from "lucide-react/dist/esm/icons/icon";
export * from "zustand/middleware";
export type { Schema } from "zod";
`;

const MORE = {
  "panel.jsx": 'import { motion as m } from "popmotion";\nexport const P = () => <m.div {...{}} />;\n',
  "legacy.js":
    'const _ = require("lodash/fp");\nconst lib = require(`dayjs`);\nconst dynamic = require("./" + name);\nmodule.exports = { x: <b/> };\nrequire.resolve("core-js/stable");\n',
  "data.mts":
    'import data from "@scope/pkg";\nimport.meta.resolve("nanoid/non-secure");\nexport default data as unknown as string[];\n',
  "common.cts": 'import chalk = require("chalk");\nexport = chalk;\n',
  "types.d.ts":
    'import type { X } from "csstype";\ndeclare module "*.svg";\nexport type Y = import("type-fest").Simplify<X>;\n',
  "wrong.ts": 'import "valid-before-the-error";\nconst a = 1;\nconst a = 2;\n',
  "unreadable.tsx": 'import "not-made-out";\nconst x = <div>;\n}}}',
  "weird.ts":
    'import "HTTP://example.com/x.js";\nimport "https://esm.sh/react";\nimport "data:text/javascript,1";\nimport "#internal";\nimport "@";\nimport "@only";\nimport "..";\nimport ".";\nimport "";\nimport "--registry=http://evil";\nimport "a;rm -rf /";\nimport "../../../etc/passwd";\nimport "@../x/y";\nimport "__proto__";\nimport "constructor";\nimport "node_modules";\n',
  "script.py": 'import "not-a-source"\n',
  "notes.md": '```js\nimport "in-a-readme";\n```\n',
};

test("the packages of real components are found, with the versions of the workspace, and nothing else is taken for one", async () => {
  const client = server.client(server.user());
  const folder = "src/apps/studio";
  const dependencies = {
    react: "^18.2.0",
    three: "~0.170.0",
    recharts: "2.x",
    "@scope/lazy": "workspace:*",
    "only-the-desktop": "1.0.0",
    "framer-motion": "^11.0.0",
    zod: "3.23.8",
  };
  await fill(client, {
    "package.json": JSON.stringify({ dependencies, devDependencies: { csstype: "^3.1.0" } }),
    "tsconfig.json": '{ // aliases\n  "compilerOptions": { "paths": { "@/*": ["./src/*"], "~/*": ["./src/*"] } } }',
    [`${folder}/index.tsx`]: INDEX,
    "src/apps/other/index.tsx": 'import "only-the-desktop";\n',
    ...Object.fromEntries(Object.entries(MORE).map(([name, text]) => [`${folder}/${name}`, text])),
  });
  const { manifest } = ok(await preview(client));
  const found = Object.keys(manifest.dependencies);
  assert.deepEqual(found, [
    "@fontsource/inter",
    "@scope/lazy",
    "@scope/pkg",
    "canvas-confetti",
    "chalk",
    "comlink",
    "constructor",
    "core-js",
    "dayjs",
    "lodash",
    "lucide-react",
    "nanoid",
    "popmotion",
    "react",
    "recharts",
    "three",
    "valid-before-the-error",
    "zustand",
  ]);
  assert.deepEqual(Object.keys(manifest.devDependencies), [
    "@tiptap/core",
    "csstype",
    "framer-motion",
    "type-fest",
    "zod",
  ]);
  const { react, three, recharts } = manifest.dependencies;
  assert.deepEqual({ react, three, recharts }, { react: "^18.2.0", three: "~0.170.0", recharts: "2.x" });
  assert.equal(manifest.entry, "/src/apps/studio/index.tsx");
  const said = ok(await publish(client, "app", { appId: "studio" }));
  assert.deepEqual(ok(await anyone(server, `/api/apps/${said.id}/manifest`)).dependencies, manifest.dependencies);
});

test("what a request says of an app wins over what is found, and what is hostile in it is refused", async () => {
  const userId = server.user();
  const client = server.client(userId);
  await fill(client, { "src/apps/studio/index.tsx": 'import "react";\n' });
  const say = (/** @type {any} */ manifest, more = {}) =>
    publish(client, "app", { appId: "studio", manifest, ...more });
  const deep = (/** @type {number} */ depth) => JSON.parse(`${"[".repeat(depth)}${"]".repeat(depth)}`);
  const many = Object.fromEntries(Array.from({ length: 501 }, (_, n) => [`package-${n}`, "1.0.0"]));
  for (const bad of [
    "text",
    5,
    [],
    { dependencies: [] },
    { dependencies: "react" },
    { dependencies: { react: 18 } },
    { dependencies: { react: "1.0.0; rm -rf /" } },
    { dependencies: { react: "$(id)" } },
    { dependencies: { react: "--flag" } },
    { dependencies: { "--flag": "1.0.0" } },
    { dependencies: { "../x": "1.0.0" } },
    { dependencies: { "a b": "1.0.0" } },
    { dependencies: JSON.parse('{"__proto__":"1.0.0"}') },
    { dependencies: many },
    { devDependencies: { x: "x".repeat(10_000) } },
    { tags: ["x".repeat(41)] },
    { tags: Array.from({ length: 17 }, (_, n) => `tag-${n}`) },
    { tags: deep(100) },
    { name: "" },
    { name: "x".repeat(201) },
    { name: "two\nlines" },
    { icon: "x".repeat(2049) },
    { description: "x".repeat(4001) },
    { description: "a\0b" },
    { name: deep(120) },
    { entry: "/etc/passwd" },
  ]) {
    const answer = await say(bad);
    assert.equal(answer.status, 400, JSON.stringify(bad).slice(0, 100));
    refused(answer, 400);
    assert.ok(answer.bytes.length < 2000, "a refusal does not repeat it all");
  }
  assert.deepEqual(await shelved(server, userId), []);
  // What is not asked for is passed by: neither another id, nor another place, nor a prototype.
  const hostile = JSON.parse(
    '{"id":"other","schemaVersion":9,"__proto__":{"name":"polluted"},"constructor":{"prototype":{"x":1}},"owner":"somebody","name":"Honest","tags":["One","one"," Two "],"dependencies":{"constructor":"1.0.0"}}',
  );
  const said = ok(await say(hostile));
  const manifest = ok(await anyone(server, `/api/apps/${said.id}/manifest`));
  const { id, entry, schemaVersion, name, tags, dependencies } = manifest;
  assert.deepEqual(
    { id, entry, schemaVersion, name, tags, dependencies },
    {
      id: "studio",
      entry: "/src/apps/studio/index.tsx",
      schemaVersion: 1,
      name: "Honest",
      tags: ["one", "two"],
      dependencies: { constructor: "1.0.0" },
    },
  );
  assert.deepEqual(ok(await anyone(server, `/api/apps/${said.id}`)).tags, ["one", "two"]);
  for (const depth of [5_000, 1_000_000]) {
    const body = `{"appId":"studio","manifest":{"name":${"[".repeat(depth)}${"]".repeat(depth)}}}`;
    refused(await call(client, "POST", "/api/publish/app", { body }), 400);
  }
  // A body that is far too long is refused before it is read.
  const headers = { "content-type": "application/json", "content-length": String(200 * 2 ** 20) };
  const { search } = client.url("");
  refused(await client.raw({ method: "POST", target: `/api/publish/app${search}`, headers, unsent: true }), 413);
});
