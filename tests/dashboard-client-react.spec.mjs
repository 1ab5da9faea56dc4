// The file context of a page whose gateway URL is none: it is told, and the page stays.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { createElement as h } from "react";
import { renderToStaticMarkup } from "react-dom/server";
import { FileProvider, useFiles, useWatch } from "../dashboard/client/react/files.ts";

const MODULE = new URL("../dashboard/client/react/files.ts", import.meta.url);

test("a bad gateway URL becomes the error of the context, and of whatever is done with it", async () => {
  /** @type {import("../dashboard/client/react/files.ts").FileContextType | undefined} */
  let context;
  function Page() {
    context = useFiles();
    useWatch(context.currentPath, () => {});
    return h("p", null, context.error ?? "fine");
  }
  const draw = (/** @type {string} */ gatewayUrl) => renderToStaticMarkup(h(FileProvider, { gatewayUrl }, h(Page)));
  assert.equal(draw("wss://host/ws?userId=user_a&exp=1&sig=x"), "<p>fine</p>");
  for (const url of ["", "nonsense?sig=SECRET", "wss://host/ws?userId=user_a&exp=1"]) {
    const drawn = draw(url);
    assert.match(drawn, /A gateway URL/);
    assert.doesNotMatch(drawn, /SECRET/);
    await assert.rejects(/** @type {any} */ (context).readFile("/a"), /A gateway URL/);
    await assert.rejects(/** @type {any} */ (context).writeFile("/a", "a"), /A gateway URL/);
    await /** @type {any} */ (context).listDirectory("/root/clawd"); // its failure is the context's error
  }
});

test("the module says that it is for the browser's side of a page", () => {
  assert.match(readFileSync(MODULE, "utf8"), /^"use client";\n/);
});
