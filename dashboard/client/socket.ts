// One socket that follows an entry, from its opening to its end.

import type { Change } from "./types.ts";

/** The runtime answers exactly this text by itself, so asking wakes nobody. */
const PING = '{"type":"req","id":"ping","method":"ping"}';
const PING_EVERY_MS = 30_000;
/** Without any word for this long, nobody is there. */
const SILENT_MS = 75_000;
/** Changes that come within this time are told at once: an agent's turn is one piece of news. */
const GATHER_MS = 30;

export interface Following {
  path: string;
  since: number | undefined;
}

export interface Heard {
  /** It has begun: everything after this rev will be told. */
  onBegin(rev: number): void;
  onChanges(changes: Change[]): void;
  /** What was asked for is no longer known; from this rev on it is. */
  onLost(rev: unknown): void;
}

/** Follows until the socket ends or is stopped. It never fails: whoever wants to go on, comes again. */
export function followSocket(address: string, params: Following, signal: AbortSignal, heard: Heard): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) return resolve();
    const socket = new WebSocket(address);
    let gathered: Change[] = [];
    let gathering: ReturnType<typeof setTimeout> | undefined;
    let lastWordMs = Date.now();
    const tell = () => {
      clearTimeout(gathering);
      gathering = undefined;
      if (gathered.length > 0) heard.onChanges(gathered);
      gathered = [];
    };
    const alive = setInterval(() => {
      if (Date.now() - lastWordMs > SILENT_MS) end();
      else if (socket.readyState === WebSocket.OPEN) socket.send(PING);
    }, PING_EVERY_MS);
    const end = () => {
      clearInterval(alive);
      signal.removeEventListener("abort", end);
      if (!signal.aborted) tell();
      clearTimeout(gathering);
      socket.onmessage = null;
      socket.onclose = null;
      socket.close();
      resolve();
    };
    signal.addEventListener("abort", end, { once: true });
    socket.onopen = () => {
      socket.send(JSON.stringify({ type: "req", id: "follow", method: "files.subscribe", params }));
    };
    socket.onclose = end;
    socket.onmessage = ({ data }) => {
      lastWordMs = Date.now();
      const frame = parse(data);
      if (frame?.type === "event" && frame.event === "files.changed") {
        gathered.push(frame.payload as Change);
        gathering ??= setTimeout(tell, GATHER_MS);
      } else if (frame?.type === "event" && frame.event === "files.reset") {
        tell();
        heard.onLost((frame.payload as { rev?: unknown }).rev);
      } else if (frame?.type === "res" && frame.id === "follow") {
        if (frame.ok) heard.onBegin(Number((frame.payload as { rev?: unknown }).rev));
        else {
          if (frame.error?.status === 410) heard.onLost(frame.error.details?.rev);
          end();
        }
      }
      // What else comes is of others: the gateway's.
    };
  });
}

interface Frame {
  type?: string;
  id?: string;
  event?: string;
  ok?: boolean;
  payload?: unknown;
  error?: { status?: number; details?: { rev?: unknown } };
}

function parse(data: unknown): Frame | null {
  try {
    return typeof data === "string" ? (JSON.parse(data) as Frame) : null;
  } catch {
    return null;
  }
}
