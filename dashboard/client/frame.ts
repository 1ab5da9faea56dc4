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
const PING = '{"type":"req","id":"ping","method":"ping"}';
const PING_EVERY_MS = 30_000;
/** Without any word for this long, nobody is there: a line that was cut while the machine slept does not say so. */
const SILENT_MS = 75_000;

/** Asks now and then whether anybody is there, until it is stopped; says once that nobody is. */
export function keepAlive(socket: WebSocket, onSilence: () => void): { heard(): void; stop(): void } {
  let lastWordMs = Date.now();
  const asking = setInterval(() => {
    if (Date.now() - lastWordMs > SILENT_MS) {
      clearInterval(asking);
      onSilence();
    } else if (socket.readyState === WebSocket.OPEN) socket.send(PING);
  }, PING_EVERY_MS);
  return {
    heard: () => {
      lastWordMs = Date.now();
    },
    stop: () => clearInterval(asking),
  };
}

/** What came, if it is a frame. */
export function parseFrame(data: unknown): Frame | null {
  try {
    return typeof data === "string" ? (JSON.parse(data) as Frame) : null;
  } catch {
    return null;
  }
}
