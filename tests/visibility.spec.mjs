// Who sees what of what is published, on every route and by every spelling.

import assert from "node:assert/strict";
import { test } from "node:test";
import { eventually, ok, refused } from "./expect.mjs";
import { serve, start } from "./harness.mjs";
import { anyone, as, publisher, shelve, signed, word } from "./store.mjs";

const server = serve({ CATALOG_CACHE_SECONDS: "0" });

const BYTES = { apps: "bundle", desktops: "snapshot" };
const OLDER = { apps: "/api/store/apps", desktops: "/api/visit/desktops" };

test("each route shows each thing to those who may see it, and the same nothing to all others", async () => {
  const [owner, other] = [await publisher(server), await publisher(server)];
  /** @type {Record<string, import("./store.mjs").Ask>} */
  const callers = {
    owner: signed(owner.client),
    other: signed(other.client),
    nobody: (target, headers, method) => anyone(server, target, headers, method),
  };
  /** By their ids. @type {Record<string, string[]>} */
  const sees = { public: ["owner", "other", "nobody"], unlisted: ["owner", "other", "nobody"], private: ["owner"] };
  for (const kind of /** @type {const} */ (["apps", "desktops"])) {
    for (const visibility of /** @type {const} */ (["public", "unlisted", "private"])) {
      const [title, tag] = [word(), word()];
      const thing = await shelve(server, owner.userId, {
        kind,
        visibility,
        title,
        tags: [tag],
        description: `about ${title}`,
      });
      const [at, older] = [`/api/${kind}/${thing.id}`, `${OLDER[kind]}/${thing.id}/${BYTES[kind]}`];
      const bytes = [
        `${at}/${BYTES[kind]}`,
        `${at}/${BYTES[kind]}?version=1.0.0`,
        `${at}/${BYTES[kind]}?version=1.0.0&hash=${thing.hash}`,
        older,
      ];
      const rest = [
        "",
        "?version=1.0.0",
        "/versions",
        "/manifest",
        "/package.json",
        "/pnpm-lock.yaml",
        "/manifest?version=1.0.0",
      ];
      for (const [who, ask] of Object.entries(callers)) {
        const isSeen = sees[visibility]?.includes(who);
        for (const target of [...bytes, ...rest.map((tail) => at + tail)]) {
          const what = `${who} asks for a ${visibility} one's ${target.replace(thing.id, ":id")}`;
          for (const method of ["GET", "HEAD"]) {
            const answer = await ask(target, {}, method);
            assert.equal(answer.status, isSeen ? 200 : 404, `${what} by ${method}`);
            const control = String(answer.headers["cache-control"] ?? "");
            if (visibility === "private" && isSeen && !target.endsWith("/versions"))
              assert.equal(control, "private, no-store", what);
            if (!isSeen) {
              assert.equal(control, "no-store", what);
              for (const name of ["etag", "content-range", "accept-ranges", "last-modified", "content-disposition"])
                assert.equal(answer.headers[name], undefined, `${what}: ${name}`);
            }
            if (who !== "nobody") assert.doesNotMatch(control, /public/, what);
          }
          if (isSeen) continue;
          const refusal = refused(await ask(target), 404);
          assert.deepEqual(refusal, { error: kind === "apps" ? "App not found" : "Desktop not found" }, what);
        }
        for (const target of bytes) {
          const etag = `"${thing.hash}"`;
          const what = `${who} asks for a ${visibility} one's ${target.replace(thing.id, ":id")}`;
          const statuses = [
            (await ask(target, { range: "bytes=0-9" })).status,
            (await ask(target, { range: "bytes=0-9", "if-range": etag })).status,
            (await ask(target, { range: "bytes=99999-" })).status,
            (await ask(target, { "if-none-match": etag })).status,
            (await ask(target, { "if-none-match": "*" }, "HEAD")).status,
          ];
          assert.deepEqual(statuses, isSeen ? [206, 206, 416, 304, 304] : [404, 404, 404, 404, 404], what);
        }
        const isListed = visibility === "public" || who === "owner";
        for (const list of [`/api/${kind}`, OLDER[kind]])
          for (const filter of [
            `search=${title}`,
            `search=about+${title}`,
            `tag=${tag}`,
            `owner=${owner.handle}&tag=${tag}`,
            `owner=${owner.handle}&search=${title}`,
          ])
            for (const sort of ["new", "name"]) {
              const rows = ok(await ask(`${list}?${filter}&sort=${sort}`))[kind];
              const what = `${who} looks for a ${visibility} one by ${list}?${filter}&sort=${sort}`;
              assert.deepEqual(
                rows.map((/** @type {any} */ { id }) => id),
                isListed ? [thing.id] : [],
                what,
              );
              for (const row of rows) {
                assert.equal("ownerId" in row, who === "owner", what);
                assert.ok(!JSON.stringify(row).includes(owner.userId) || who === "owner", what);
              }
            }
        if (who === "nobody") refused(await ask(`${at}/star`, {}, "PUT"), 401);
        else assert.equal((await ask(`${at}/star`, {}, "PUT")).status, isSeen ? 200 : 404);
        const updates = await ask(`/api/apps/updates?installed=${thing.id}@0.9.0`);
        assert.equal(
          ok(updates).updates.length,
          kind === "apps" && isSeen ? 1 : 0,
          `${who} asks for updates of a ${visibility} one`,
        );
      }
      assert.equal(ok(await signed(owner.client)(at)).stars, sees[visibility]?.length === 1 ? 1 : 2, "each star once");
    }
  }
});

test("what turns private is gone everywhere within the time of the caches, and no cache ever held what was private", async () => {
  const caching = await start({ CATALOG_CACHE_SECONDS: "1" });
  try {
    const { userId, client } = await publisher(caching);
    const [tag, title] = [word(), word()];
    const thing = await shelve(caching, userId, { kind: "desktops", tags: [tag], title });
    const hidden = await shelve(caching, userId, { kind: "desktops", tags: [tag], title, visibility: "private" });
    const at = `/api/desktops/${thing.id}`;
    const targets = [
      at,
      `${at}/snapshot`,
      `${at}/versions`,
      `${at}/manifest`,
      `/api/visit/desktops/${thing.id}/snapshot`,
    ];
    const lists = [
      `/api/desktops?tag=${tag}`,
      `/api/desktops?search=${title}`,
      "/api/visit/desktops",
      "/api/desktops?sort=name",
    ];
    for (const target of targets) assert.equal((await anyone(caching, target)).status, 200, target);
    // The owner's own list is no one else's, however soon after it they ask, and by whatever looks like the same.
    for (const list of lists) {
      assert.equal(ok(await as(client, list)).desktops.length, 2, list);
      for (const same of [list, `${list}${list.includes("?") ? "&" : "?"}userId=`, list.replace("tag=", "tag=%20")])
        for (const { id } of (await anyone(caching, same)).body?.desktops ?? []) assert.equal(id, thing.id, same);
    }
    for (const target of [`/api/desktops/${hidden.id}`, `/api/desktops/${hidden.id}/snapshot`]) {
      assert.equal((await as(client, target)).status, 200);
      refused(await anyone(caching, target), 404);
    }
    // What the edge remembers under an address of ours is no address.
    for (const path of [
      `/.catalog/item%2F${thing.id}%2F0`,
      `/.catalog/item/${thing.id}/0`,
      `/.catalog/item%2F${hidden.id}%2F0`,
    ])
      refused(await anyone(caching, path), 404);
    ok(await as(client, at, "PATCH", { visibility: "private" }));
    for (const target of targets) refused(await anyone(caching, target), 404);
    for (const list of lists)
      await eventually(
        async () => ok(await anyone(caching, list)).desktops,
        ({ length }) => length === 0,
      );
    const byHash = `${at}/snapshot?version=1.0.0&hash=${thing.hash}`;
    refused(await anyone(caching, byHash), 404);
    refused(await anyone(caching, byHash, { range: "bytes=0-9" }), 404);
    refused(await anyone(caching, byHash, { "if-none-match": `"${thing.hash}"` }), 404);
  } finally {
    await caching.stop();
  }
});
