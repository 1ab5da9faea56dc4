// The floor: what a Worker costs that does the same row or object operation and nothing else. No history, no hashes, no quota, no
// conditions, no names that are checked. Only the signed query, the bytes, one row, one row of a feed, and the same JSON.
import { DurableObject } from "cloudflare:workers";

const INLINE_MAX_BYTES = 1024 * 1024;
const ROOT = "/root/clawd";

let key;

/** The caller, by the same signature: HMAC-SHA256 over `{userId}.{exp}`, in base64url. */
async function caller(params, secret) {
  const bytes = (text) => new TextEncoder().encode(text);
  key ??= await crypto.subtle.importKey("raw", bytes(secret), { name: "HMAC", hash: "SHA-256" }, false, ["verify"]);
  const [user, exp, sig] = ["userId", "exp", "sig"].map((name) => params.get(name) ?? "");
  if (!/^user_[\w-]+$/.test(user) || !(Number(exp) * 1000 >= Date.now())) return null;
  const signature = Uint8Array.fromBase64(sig, { alphabet: "base64url" });
  return (await crypto.subtle.verify("HMAC", key, signature, bytes(`${user}.${exp}`))) ? user : null;
}

async function put(env, stub, user, path, size, small, large) {
  if (size <= INLINE_MAX_BYTES) return Response.json(await stub.put(path, size, await small(), null));
  const object = `users/${user}/blobs/${crypto.randomUUID()}`;
  await env.DATA.put(object, large());
  return Response.json(await stub.put(path, size, null, object));
}

async function get(env, stub, path) {
  const found = await stub.get(path);
  if (!found) return Response.json({ error: "File not found" }, { status: 404 });
  const body = found.bytes ?? (await env.DATA.get(found.object)).body;
  return new Response(body, { headers: { "Content-Type": "text/plain", "Content-Length": String(found.size) } });
}

/** Media: one object, one row. */
async function keep(env, stub, user, size, body) {
  const object = `media/${user}/${crypto.randomUUID()}`;
  await env.MEDIA.put(object, body);
  return Response.json(await stub.put(`${ROOT}/media/${object}`, size, null, object));
}

export default {
  async fetch(request, env) {
    const url = new URL(request.url);
    const user = await caller(url.searchParams, env.SIGNING_SECRET);
    if (!user) return Response.json({ error: "Unauthorized" }, { status: 401 });
    const stub = env.WORKSPACE.getByName(user);
    const path = url.searchParams.get("path");
    switch (`${request.method} ${url.pathname}`) {
      case "GET /api/files/content":
        return get(env, stub, path);
      case "PUT /api/files/content": {
        const size = Number(request.headers.get("Content-Length"));
        return put(
          env,
          stub,
          user,
          path,
          size,
          () => request.arrayBuffer(),
          () => request.body,
        );
      }
      case "POST /api/files/upload": {
        const form = await request.formData();
        const file = form.get("file");
        return put(
          env,
          stub,
          user,
          form.get("path"),
          file.size,
          () => file.arrayBuffer(),
          () => file,
        );
      }
      case "POST /api/media/ingest": {
        const { sourceUrl } = await request.json();
        const source = await fetch(sourceUrl);
        return keep(env, stub, user, Number(source.headers.get("Content-Length")), source.body);
      }
      case "POST /api/media/sign":
        return Response.json({ url: request.url.replace("/sign", "/upload") });
      case "PUT /api/media/upload":
        return keep(env, stub, user, Number(request.headers.get("Content-Length")), request.body);
      case "GET /api/files/stat":
        return Response.json(await stub.stat(path));
      case "GET /api/files/list":
        return new Response(await stub.list(path), { headers: { "Content-Type": "application/json" } });
      case "POST /api/files/move": {
        const { from, to } = await request.json();
        return Response.json(await stub.move(from, to));
      }
      case "DELETE /api/files/":
        return Response.json(await stub.trash(path));
    }
    return Response.json({ error: "Not found" }, { status: 404 });
  },
};

const parent = (path) => path.slice(0, path.lastIndexOf("/"));

export class Workspace extends DurableObject {
  sql = this.ctx.storage.sql;

  constructor(ctx, env) {
    super(ctx, env);
    // The bytes come last: reading the other columns does not touch their pages.
    this.sql.exec(`
      CREATE TABLE IF NOT EXISTS file (path TEXT PRIMARY KEY, parent TEXT, size INTEGER, modified INTEGER, object TEXT, bytes BLOB);
      CREATE INDEX IF NOT EXISTS listing ON file (parent, path, size, modified);
      CREATE TABLE IF NOT EXISTS change (rev INTEGER PRIMARY KEY, kind TEXT, path TEXT, at INTEGER)`);
  }

  #change(kind, path, statement, ...params) {
    const now = Date.now();
    this.ctx.storage.transactionSync(() => {
      this.sql.exec(statement, path, now, ...params);
      this.sql.exec("INSERT INTO change (kind, path, at) VALUES (?, ?, ?)", kind, path, now);
    });
    return new Date(now).toISOString();
  }

  put(path, size, bytes, object) {
    const upsert =
      "INSERT OR REPLACE INTO file (path, modified, parent, size, object, bytes) VALUES (?, ?, ?, ?, ?, ?)";
    const modified = this.#change("write", path, upsert, parent(path), size, object, bytes);
    return { success: true, path, size, modified };
  }

  get(path) {
    return this.sql.exec("SELECT size, object, bytes FROM file WHERE path = ?", path).toArray()[0];
  }

  stat(path) {
    const [found] = this.sql.exec("SELECT path, size, modified FROM file WHERE path = ?", path).raw();
    return item(found);
  }

  list(path) {
    const rows = this.sql.exec("SELECT path, size, modified FROM file WHERE parent = ? ORDER BY path", path).raw();
    return JSON.stringify({ path, parent: path === ROOT ? null : parent(path), files: Array.from(rows, item) });
  }

  move(from, to) {
    this.#change("move", from, "UPDATE file SET path = ?3, parent = ?4, modified = ?2 WHERE path = ?1", to, parent(to));
    return { success: true, from, to };
  }

  trash(path) {
    const trashPath = `${ROOT}/.trash/${Date.now()}${path.slice(path.lastIndexOf("/"))}`;
    this.#change("trash", path, "UPDATE file SET path = ?3, parent = ?4, modified = ?2 WHERE path = ?1", trashPath, "");
    return { success: true, path, trashPath };
  }
}

function item([path, size, modified]) {
  const name = path.slice(path.lastIndexOf("/") + 1);
  return { name, path, type: "file", size, modified: new Date(modified).toISOString() };
}
