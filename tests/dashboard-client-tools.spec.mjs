// What the tools of agents refuse before anything is asked: arguments that are not as their schema says.

import assert from "node:assert/strict";
import { test } from "node:test";
import { connect } from "../dashboard/client/index.ts";
import { tools } from "../dashboard/client/tools.ts";
import { front, say } from "./dashboard-client.mjs";

const ID = "0".repeat(32);

/** What a tool answers, and how much was asked for that. @param {string} name @param {unknown} input */
async function use(name, input) {
  const worker = await front((request, response) => {
    request.resume();
    say(response, 200, { ok: true, id: ID });
  });
  const tool = tools(connect(worker.url)).find((one) => one.name === name);
  assert.ok(tool, name);
  const answer = /** @type {any} */ (await tool.run(input));
  worker.close();
  return { answer, asked: worker.asked() };
}

test("no tool heeds one part of its arguments and leaves another: what it does not know, it refuses", async () => {
  const wrong = /** @type {const} */ ([
    [
      "publish_desktop",
      { title: "T", visiblity: "private" },
      /^There is no argument visiblity; there are title, .*visibility/,
    ],
    ["publish_desktop", { title: "T", excludes: ["diary"] }, /^There is no argument excludes/],
    ["publish_desktop", JSON.parse('{"title":"T","__proto__":1}'), /^There is no argument __proto__/],
    ["publish_desktop", { title: "T", toString: "x" }, /^There is no argument toString/],
    ["publish_desktop", { title: "T", visibility: "Private" }, /^visibility must be one of public, unlisted, private$/],
    ["publish_desktop", { title: "T", visibility: null }, /^visibility must be one of/],
    ["publish_desktop", { title: "T", exclude: "diary" }, /^exclude must be a list of texts$/],
    ["publish_desktop", { title: "T", exclude: [5] }, /^exclude must be a list of texts$/],
    ["publish_desktop", { title: "T", version: 2 }, /^version must be a text$/],
    ["publish_desktop", null, /^The arguments must be an object$/],
    ["publish_desktop", ["T"], /^The arguments must be an object$/],
    ["publish_app", { appId: "a", tags: Array(17).fill("t") }, /^tags must be a list of at most 16$/],
    ["publish_app", {}, /^appId required$/],
    ["publish_app", { appId: "" }, /^appId required$/],
    ["install_app", { appId: ID, update: "yes" }, /^update must be true or false$/],
    ["install_app", Object.create({ appId: ID }), /^appId required$/],
    ["visit_desktop", { desktopId: ID, url: "x" }, /^There is no argument url; there are desktopId$/],
  ]);
  for (const [name, input, sentence] of wrong) {
    const { answer, asked } = await use(name, input);
    assert.deepEqual([answer.ok, asked], [false, 0], JSON.stringify(input));
    assert.match(answer.error, sentence);
  }
});

test("what is as the schema says goes to the Worker", async () => {
  const { answer, asked } = await use("publish_desktop", { title: "T", visibility: "private", version: undefined });
  assert.deepEqual([answer.ok, asked], [true, 1]);
});
