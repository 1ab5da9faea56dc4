// Asking other pages of this origin for the visitor's signed URL, and answering as one.
//
// Not `window.opener`: this page is isolated (COOP), which cuts it from whatever opened it unless that is isolated in the
// same way. A channel is bound to the origin by the browser: no other origin can ask on it, or answer. A desktop of another
// origin passes the URL in the fragment instead (`/d/ID#gateway=…&return=…`).

const CHANNEL = "holdfast:gateway";
/** How long is waited for an answer. Pages of one browser answer within a few milliseconds. */
const PATIENCE_MS = 300;

/** The signed URL that another open page has; null if none answers. */
export function ask(): Promise<string | null> {
  const channel = new BroadcastChannel(CHANNEL);
  return new Promise<string | null>((resolve) => {
    setTimeout(resolve, PATIENCE_MS, null);
    channel.onmessage = ({ data }: MessageEvent<unknown>) => {
      if (typeof data === "object" && data !== null && "gateway" in data && typeof data.gateway === "string") {
        resolve(data.gateway);
      }
    };
    channel.postMessage({ wanted: "gateway" });
  }).finally(() => channel.close());
}

/** Answers pages that ask, for as long as this page lives or until it is stopped: for a dashboard to call once. */
export function answer(gateway: () => string | undefined): () => void {
  const channel = new BroadcastChannel(CHANNEL);
  channel.onmessage = ({ data }: MessageEvent<unknown>) => {
    const url = gateway();
    const isQuestion = typeof data === "object" && data !== null && "wanted" in data && data.wanted === "gateway";
    if (isQuestion && url !== undefined) channel.postMessage({ gateway: url });
  };
  return () => channel.close();
}
