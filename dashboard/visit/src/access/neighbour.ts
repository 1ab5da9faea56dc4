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
const PRESSES = ["pointerdown", "keydown"] as const;

interface Answer {
  gateway: string;
  /**
   * When somebody used that page last, so that of two workspaces the one is chosen from which this page was opened. A page that
   * has been open since before there was this says nothing of it.
   */
  usedMs?: number;
}

/** The signed URL that another open page has, of several the one that was used last; null if none answers. */
export async function ask(): Promise<string | null> {
  const channel = new BroadcastChannel(CHANNEL);
  const answers: Answer[] = [];
  let heard = () => {};
  channel.onmessage = ({ data }: MessageEvent<unknown>) => {
    if (!isAnswer(data)) return;
    answers.push(data);
    heard();
  };
  /** Until there are so many answers, or for so long. */
  const wait = (count: number, patienceMs: number) =>
    new Promise<void>((resolve) => {
      heard = () => answers.length >= count && resolve();
      setTimeout(resolve, patienceMs);
      heard();
    });
  channel.postMessage({ wanted: "gateway" });
  const there = await pagesThere();
  await wait(1, there > 0 ? BUSY_PATIENCE_MS : PATIENCE_MS);
  if (answers.length > 0) await wait(there, PATIENCE_MS);
  channel.close();
  const [last] = answers.sort((one, other) => (other.usedMs ?? 0) - (one.usedMs ?? 0));
  return last?.gateway ?? null;
}

const isAnswer = (data: unknown): data is Answer =>
  typeof data === "object" && data !== null && "gateway" in data && typeof data.gateway === "string";

/** How many pages say that they answer. Browsers tell by themselves, without asking them. */
async function pagesThere(): Promise<number> {
  try {
    const { held = [] } = await navigator.locks.query();
    return held.filter(({ name }) => name === CHANNEL).length;
  } catch {
    // Without a secure context there are no locks.
    return 0;
  }
}

/** Answers pages that ask, for as long as this page lives or until it is stopped: for a dashboard to call once. */
export function answer(gateway: () => string | undefined): () => void {
  const channel = new BroadcastChannel(CHANNEL);
  let usedMs = Date.now();
  // However a page is opened from here, it begins with a press.
  const use = () => {
    usedMs = Date.now();
  };
  for (const press of PRESSES) addEventListener(press, use, { capture: true, passive: true });
  channel.onmessage = ({ data }: MessageEvent<unknown>) => {
    const url = gateway();
    const isQuestion = typeof data === "object" && data !== null && "wanted" in data && data.wanted === "gateway";
    if (isQuestion && url !== undefined) channel.postMessage({ gateway: url, usedMs } satisfies Answer);
  };
  let leave = () => {};
  const left = new Promise<void>((resolve) => {
    leave = resolve;
  });
  // Who holds it is there.
  navigator.locks?.request(CHANNEL, { mode: "shared" }, () => left).catch(() => undefined);
  return () => {
    for (const press of PRESSES) removeEventListener(press, use, { capture: true });
    channel.close();
    leave();
  };
}
