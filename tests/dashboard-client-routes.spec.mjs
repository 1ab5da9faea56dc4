// Whether the client can ask for everything that openapi.json describes, with every parameter, and for nothing else.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { after, before, test } from "node:test";
import { deleteAccount } from "../dashboard/client/account.ts";
import { CONDITIONAL } from "../dashboard/client/http.ts";
import { connect } from "../dashboard/client/index.ts";
import { ROOT } from "./client.mjs";
import { front, say } from "./dashboard-client.mjs";

/** @typedef {Awaited<ReturnType<typeof front>>} Front */

const { paths, components } = JSON.parse(readFileSync(new URL("../openapi.json", import.meta.url), "utf8"));

/** What needs no method: other names of the same, and what is asked for by no request of the client's. */
const LEFT_OUT = {
  removeFileAtSlash: "an alias",
  listAppsAsBefore: "an alias",
  getAppBytesAsBefore: "an alias",
  listDesktopsAsBefore: "an alias",
  getDesktopBytesAsBefore: "an alias",
  uploadFile: "the form of putContent, for pages without scripts",
  getPublicMedia: "an address that is answered",
  openSocket: "by watch and by chats.line",
};

/** Parameters that are in addresses which are answered, not asked for. */
const ANSWERED = ["hash", "seal", "until", "part"];

const SIGNED = ["userId", "exp", "sig"];

/** Every request that has come: its method and path, and the names of its parameters. @type {Map<string, Set<string>>} */
const asked = new Map();

/** Fields of bodies that are told otherwise: bytes of a bundle by an upload, a cursor by whoever goes on. */
const TOLD_OTHERWISE = ["blobBase64", "ext"];

/** @type {Front} */
let worker;
before(async () => {
  worker = await front((request, response) => {
    const { pathname, searchParams } = new URL(request.url ?? "", "http://worker");
    const what = `${request.method} ${pathname}`;
    const names = asked.get(what) ?? new Set();
    asked.set(what, names);
    for (const name of searchParams.keys()) names.add(name);
    let text = "";
    request.setEncoding("latin1").on("data", (/** @type {string} */ piece) => {
      text += piece;
    });
    request.on("end", () => {
      const isJson = request.headers["content-type"] === "application/json" || pathname.endsWith("/complete");
      if (isJson && text) for (const name of Object.keys(JSON.parse(text))) names.add(`.${name}`);
      const { origin } = worker;
      const bring = (/** @type {number} */ part) => `${origin}/api/media/upload?part=${part}`;
      const end = (/** @type {string} */ how) => `${origin}/api/media/upload/${how}`;
      if (pathname === "/api/media/sign")
        return say(response, 200, {
          parts: [bring(1)],
          partSize: 5,
          completeUrl: end("complete"),
          abortUrl: end("abort"),
        });
      if (pathname === "/api/media/upload/complete") return say(response, 409, { error: "Not all parts are there" });
      if (pathname === "/api/files/import")
        return say(response, 200, { conflicts: [], skipped: [], ...cursorOf(names, ".cursor") });
      if (pathname === "/api/fsck")
        return say(response, 200, { problems: [], repaired: [], checked: {}, ...cursorOf(names) });
      say(response, 200, { ok: true, files: [] });
    });
  });
});
after(() => worker.close());

/** One more page, the first time. @param {Set<string>} names @param {string} [cursor] */
const cursorOf = (names, cursor = "cursor") => (names.has(cursor) ? {} : { cursor: "c" });

/** Calls everything, with everything. */
async function askAll() {
  const { origin, url } = worker;
  const { chats, files, history, media, publish, store, workspace } = connect(url);
  const id = "0".repeat(32);
  const page = { limit: 1, cursor: "c" };
  const look = { at: 1, version: 1 };
  const search = { ...page, search: "s", tag: "t", owner: "o", sort: /** @type {const} */ ("new") };
  const path = `${ROOT}/a`;
  const open = (/** @type {string} */ address) => fetch(address);
  const about = {
    description: "d",
    icon: "i",
    tags: ["t"],
    version: "1.0.0",
    visibility: /** @type {const} */ ("public"),
  };
  const published = { ...about, path, upload: id, allow: ["a"] };
  const kept = { scope: { appId: "a" }, metadata: { a: "b" } };
  const music = { prompt: "p", composition_plan: {}, music_length_ms: 1, output_format: "mp3" };
  await Promise.all([
    deleteAccount({ base: origin, userId: "user_a", hostSecret: "s" }),
    chats.sessions(),
    chats.history("main", { limit: 1 }),
    files.list(path, { ...page, at: 1, recursive: true, depth: 1 }),
    files.stat(path, look),
    files.read(path, { ...look, encoding: "base64" }),
    files.content(path, look),
    open(files.downloadUrl(path, look)),
    files.zip([path]),
    files.zip(Array(1000).fill(path)),
    files.changes({ path, since: 1, limit: 1, wait: 1 }),
    files.write(path, "YQ==", { encoding: "base64", createDirs: false }),
    files.upload(path, new Blob(["a"])),
    files.mkdir(path),
    files.move(path, `${path}b`, { overwrite: true }),
    files.copy(path, `${path}b`, { overwrite: true }),
    files.remove(path, { permanent: true }),
    files.trash(page),
    files.restore(path, { to: path }),
    files.emptyTrash(),
    history.versions(path, page),
    history.restoreVersion(path, 1),
    history.diff(path, { from: 1, to: 2 }),
    history.checkpoints(),
    history.takeCheckpoint("l"),
    history.checkpointChanges(1, page),
    history.restoreCheckpoint(1, { path }),
    history.deleteCheckpoint(1),
    history.turns(page),
    history.turn("t", page),
    history.undo("t", { force: true }),
    history.usage(),
    media.ingest({ base64: "", sourceUrl: "s", contentType: "c", filenameHint: "f", sha256: "s", ...kept }),
    media.upload(new Blob(["a"], { type: "image/png" }), { ...kept, sha256: "s" }).catch(() => undefined),
    media.list({
      ...page,
      ownerId: "user_a",
      desktopId: "d",
      appId: "a",
      threadId: "t",
      type: "image",
      from: 1,
      to: 2,
    }),
    media.item(id),
    media.remove(id),
    media.share(id),
    media.uses(id, page),
    media.content(id),
    media.persist("fal", {}, kept.scope, kept),
    media.generate("fal", "m", {}, kept.scope, kept),
    media.generate("eleven", "m", music, kept.scope, kept),
    publish.app({ ...published, appId: "a", name: "n", manifest: {} }),
    publish.desktop({ ...published, title: "t", desktopId: "d", exclude: ["e"], include: ["i"] }),
    publish.preview("a", { path }),
    publish.previewDesktop({ path, desktopId: "d", exclude: ["e"], include: ["i"] }),
    publish.upload(new Blob(["a"])),
    store.apps(search),
    store.desktops(search),
    store.updates({ installed: [`${id}@1.0.0`] }),
    store.installs(page),
    store.install(id, { version: "1.0.0" }),
    store.update(id),
    store.uninstall(id),
    store.fork(id, path, { version: "1.0.0" }),
    store.baseline(),
    store.profile(),
    store.setProfile({ handle: "h", name: "n", avatarUrl: "a" }),
    open(store.visitUrl(id)),
    workspace.status(),
    workspace.keepalive(),
    workspace.verify({ all: true }),
    workspace.verify({ all: true, repair: true }),
    workspace.import({ prefix: "p", delete: true }),
    workspace.reset({ clearSessions: true }),
    .../** @type {const} */ (["apps", "desktops"]).flatMap((kind) => [
      store.get(kind, id, { version: "1.0.0" }),
      store.versions(kind, id, page),
      store.manifest(kind, id, { version: "1.0.0" }),
      store.bundle(kind, id, { version: "1.0.0" }),
      store.artifact(kind, id, "package.json", { version: "1.0.0" }),
      store.artifact(kind, id, "pnpm-lock.yaml", { version: "1.0.0" }),
      store.signBundle(kind, id, { version: "1.0.0", expiresInSeconds: 1 }),
      store.star(kind, id, true),
      store.star(kind, id, false),
      publish.update(kind, id, { ...about, name: "n", title: "t" }),
      publish.remove(kind, id),
      publish.yank(kind, id, "1.0.0"),
    ]),
  ]);
}

/** The operation that a request is: of templates that fit, the one with the fewest places to fill. @param {string} what */
function operationOf(what) {
  const [method = "", path = ""] = what.split(" ");
  const fits = (/** @type {string} */ template) =>
    new RegExp(`^${template.replaceAll(".", "\\.").replaceAll(/\{\w+\}/g, "[^/]+")}$`).test(path);
  const holes = (/** @type {string} */ template) => template.split("{").length;
  const [template = ""] = Object.keys(paths)
    .filter(fits)
    .sort((one, two) => holes(one) - holes(two));
  return paths[template]?.[method.toLowerCase()];
}

/** @type {any[]} */
const operations = Object.values(paths)
  .flatMap((methods) => Object.values(methods))
  .filter(({ operationId }) => operationId !== undefined);

test("every operation can be asked for, with each of its parameters, and nothing that is none", async () => {
  await askAll();
  /** @type {Map<string, Set<string>>} */
  const done = new Map();
  for (const [what, names] of asked) {
    const operation = operationOf(what);
    assert.ok(operation, `${what} is not described`);
    done.set(operation.operationId, names);
  }
  for (const { operationId, parameters = [], requestBody } of operations) {
    if (Object.hasOwn(LEFT_OUT, operationId)) continue;
    const names = done.get(operationId);
    assert.ok(names, `The client cannot ask for ${operationId}`);
    const described = parameters
      .filter((/** @type {any} */ one) => one.in === "query")
      .map((/** @type {any} */ one) => one.name);
    const missing = described.filter((/** @type {string} */ name) => !names.has(name) && !ANSWERED.includes(name));
    assert.deepEqual(missing, [], `parameters of ${operationId}`);
    const { $ref = "" } = requestBody?.content["application/json"]?.schema ?? {};
    const { properties = {} } = components.schemas[$ref.split("/").at(-1)] ?? {};
    const untold = Object.keys(properties).filter((name) => !names.has(`.${name}`) && !TOLD_OTHERWISE.includes(name));
    assert.deepEqual(untold, [], `the body of ${operationId}`);
    const unknown = [...names].filter(
      (name) => !name.startsWith(".") && !described.includes(name) && !SIGNED.includes(name),
    );
    assert.deepEqual(unknown, [], `parameters of ${operationId}`);
  }
});

test("conditions go with the changes that heed them; every other call refuses them before it does anything", async () => {
  const bound = Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods)
      .filter(([, { parameters = [] }]) =>
        parameters.some((/** @type {any} */ one) => one.$ref === "#/components/parameters/IfMatch"),
      )
      .map(([method]) => `${method.toUpperCase()} ${path}`),
  );
  const others = ["DELETE /api/files/", "POST /api/files/upload"];
  assert.deepEqual([...CONDITIONAL].sort(), bound.filter((what) => !others.includes(what)).sort());
  const { workspace, files, history, media } = connect(worker.url);
  const before = worker.asked();
  const options = /** @type {any} */ ({ ifMatch: '"old"' });
  for (const call of [
    () => workspace.reset(options),
    () => workspace.reset(/** @type {any} */ ({ ifNoneMatch: "*" })),
    () => files.mkdir(ROOT, options),
    () => files.emptyTrash(options),
    () => history.undo("t", options),
    () => media.remove("a", options),
  ])
    await assert.rejects(call, { name: "TypeError", message: /no condition/ });
  assert.equal(worker.asked(), before);
});
