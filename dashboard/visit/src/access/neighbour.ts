// Asking other pages of this origin for the visitor's signed URL, and answering as one.
//
// Not `window.opener`: this page is isolated (COOP), which cuts it from whatever opened it unless that is isolated in the
// same way. A channel is bound to the origin by the browser: no other origin can ask on it, or answer. A desktop of another
// origin passes the URL in the fragment instead (`/d/ID#gateway=…&return=…`).

const CHANNEL = "holdfast:gateway";
/** How long is waited for an answer. Pages of one browser answer within a few milliseconds. */
const PATIENCE_MS = 300;
/** And where one says that it is there: it may be busy. */
const BUSY_PATIENCE_MS = 10_000;

/** The signed URL that another open page has; null if none answers. */
export async function ask(): Promise<string | null> {
  const channel = new BroadcastChannel(CHANNEL);
  const answered = new Promise<string>((resolve) => {
    channel.onmessage = ({ data }: MessageEvent<unknown>) => {
      if (typeof data === "object" && data !== null && "gateway" in data && typeof data.gateway === "string") {
        resolve(data.gateway);
      }
    };
  });
  channel.postMessage({ wanted: "gateway" });
  const waited = async () => {
    const patienceMs = (await isAnyoneThere()) ? BUSY_PATIENCE_MS : PATIENCE_MS;
    return new Promise<null>((resolve) => setTimeout(resolve, patienceMs, null));
  };
  return Promise.race([answered, waited()]).finally(() => channel.close());
}

/** Whether a page says that it answers. Browsers tell by themselves, without asking it. */
async function isAnyoneThere(): Promise<boolean> {
  try {
    const { held = [] } = await navigator.locks.query();
    return held.some(({ name }) => name === CHANNEL);
  } catch {
    // Without a secure context there are no locks.
    return false;
  }
}

/** Answers pages that ask, for as long as this page lives or until it is stopped: for a dashboard to call once. */
export function answer(gateway: () => string | undefined): () => void {
  const channel = new BroadcastChannel(CHANNEL);
  channel.onmessage = ({ data }: MessageEvent<unknown>) => {
    const url = gateway();
    const isQuestion = typeof data === "object" && data !== null && "wanted" in data && data.wanted === "gateway";
    if (isQuestion && url !== undefined) channel.postMessage({ gateway: url });
  };
  let leave = () => {};
  const left = new Promise<void>((resolve) => {
    leave = resolve;
  });
  // Who holds it is there.
  navigator.locks?.request(CHANNEL, { mode: "shared" }, () => left).catch(() => undefined);
  return () => {
    channel.close();
    leave();
  };
}
