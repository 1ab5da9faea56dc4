// One socket that follows an entry, from its opening to its end.

import { keepAlive, parseFrame } from "./frame.ts";
import type { Change } from "./types.ts";

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
  onLost(rev: number): void;
}

/** Follows until the socket ends or is stopped. It never fails: whoever wants to go on, comes again. */
export function followSocket(address: string, params: Following, signal: AbortSignal, heard: Heard): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) return resolve();
    const socket = new WebSocket(address);
    let gathered: Change[] = [];
    let gathering: ReturnType<typeof setTimeout> | undefined;
    const tell = () => {
      clearTimeout(gathering);
      gathering = undefined;
      if (gathered.length > 0) heard.onChanges(gathered);
      gathered = [];
    };
    // Without a rev it is said of more than the feed: whoever asks next hears of what.
    const lost = (rev: unknown) => {
      if (typeof rev === "number") heard.onLost(rev);
    };
    const end = () => {
      alive.stop();
      signal.removeEventListener("abort", end);
      if (!signal.aborted) tell();
      clearTimeout(gathering);
      socket.onmessage = null;
      socket.onclose = null;
      socket.close();
      resolve();
    };
    const alive = keepAlive(socket, end);
    signal.addEventListener("abort", end, { once: true });
    socket.onopen = () => {
      socket.send(JSON.stringify({ type: "req", id: "follow", method: "files.subscribe", params }));
    };
    socket.onclose = end;
    socket.onmessage = ({ data }) => {
      alive.heard();
      const frame = parseFrame(data);
      if (frame?.type === "event" && frame.event === "files.changed") {
        gathered.push(frame.payload as Change);
        gathering ??= setTimeout(tell, GATHER_MS);
      } else if (frame?.type === "event" && frame.event === "files.reset") {
        tell();
        lost((frame.payload as { rev?: unknown } | undefined)?.rev);
      } else if (frame?.type === "res" && frame.id === "follow") {
        if (frame.ok) heard.onBegin(Number((frame.payload as { rev?: unknown }).rev));
        else {
          if (frame.error?.status === 410) lost(frame.error.details?.rev);
          end();
        }
      }
      // What else comes is of others: the gateway's.
    };
  });
}
