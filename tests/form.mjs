// Forms as they are on the wire (multipart/form-data), written out so that tests can say every byte of them.

/** @typedef {{ name?: string, filename?: string, type?: string, head?: string, content: string | Buffer }} Part */

export const BOUNDARY = "----WebKitFormBoundary7MA4YWxkTrZu0gW";

/** The headers of a form. */
export const FORM = { "content-type": `multipart/form-data; boundary=${BOUNDARY}` };

/** A part's opening; `head` stands for all of it. @param {Part} part */
function opening({ name, filename, type, head }) {
  if (head !== undefined) return `${head}\r\n\r\n`;
  const disposition = `Content-Disposition: form-data; name="${name}"`;
  const file = filename === undefined ? "" : `; filename="${filename}"`;
  return `${disposition}${file}${type === undefined ? "" : `\r\nContent-Type: ${type}`}\r\n\r\n`;
}

/** A whole form. @param {Part[]} parts */
export function form(parts) {
  const pieces = parts.flatMap((part) => [`--${BOUNDARY}\r\n${opening(part)}`, part.content, "\r\n"]);
  return Buffer.concat([...pieces, `--${BOUNDARY}--\r\n`].map((piece) => Buffer.from(piece)));
}

/** The file as a browser sends it. @returns {Part} */
export const file = (/** @type {string | Buffer} */ content, filename = "any name.bin") => ({
  name: "file",
  filename,
  type: "application/octet-stream",
  content,
});

/** The path as the dashboard sends it. @returns {Part} */
export const path = (/** @type {string} */ content) => ({ name: "path", content });

/** A body in pieces of so many bytes. */
export function pieces(/** @type {Buffer} */ body, /** @type {number} */ size) {
  return Array.from({ length: Math.ceil(body.length / size) }, (_, n) => body.subarray(n * size, (n + 1) * size));
}

/**
 * The dashboard's upload: a form with `file` first, then `path`.
 * @param {import("./client.mjs").Client} client @param {string} to @param {string | Buffer} content
 * @param {Record<string, string>} [headers]
 */
export function upload(client, to, content, headers = {}) {
  return client.request("POST", "/upload", { headers: { ...FORM, ...headers }, body: form([file(content), path(to)]) });
}
