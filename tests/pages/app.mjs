// An app in a frame: it asks its host, and has no credential.

import { aiRequest, persistBlob } from "../../dashboard/client/ai.ts";

globalThis.aiRequest = (...args) => aiRequest(...args).catch((error) => ({ failed: error.message }));
globalThis.persist = (text, type) =>
  persistBlob(new Blob([Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0))], { type })).catch((error) => ({
    failed: error.message,
  }));
/** Every message that this frame is sent, as text. */
globalThis.heard = [];
addEventListener("message", ({ data }) => globalThis.heard.push(JSON.stringify(data)));
