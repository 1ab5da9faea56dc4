// What goes over a socket, whoever listens.

export interface Frame {
  type?: string;
  id?: string;
  event?: string;
  ok?: boolean;
  payload?: unknown;
  error?: { message?: string; status?: number; details?: { rev?: unknown } };
}

/** The runtime answers exactly this text by itself, so asking wakes nobody. */
export const PING = '{"type":"req","id":"ping","method":"ping"}';
export const PING_EVERY_MS = 30_000;

/** What came, if it is a frame. */
export function parseFrame(data: unknown): Frame | null {
  try {
    return typeof data === "string" ? (JSON.parse(data) as Frame) : null;
  } catch {
    return null;
  }
}
