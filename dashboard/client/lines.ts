// Answers that come as lines of JSON: what is told of something while it goes on, and how it ended.

import { parsed } from "./answer.ts";
import { HoldfastError, unanswered } from "./error.ts";

/**
 * Reads an `application/x-ndjson` answer. All lines but the last are told; that is the answer, or throws as a `HoldfastError`. What was
 * cut off by the signal throws its reason.
 */
export async function lastLine<Step, Answer>(
  response: Response,
  onStep: (step: Step) => void,
  signal?: AbortSignal,
): Promise<Answer> {
  let ended: Answer | undefined;
  for await (const line of linesOf(response, signal)) {
    const said = parsed<Record<string, unknown>>(line);
    if (typeof said.error === "string") throw new HoldfastError(Number(said.status ?? 500), said.error, said);
    if (said.ok === true) ended = said as Answer;
    else onStep(said as Step);
  }
  // It may be done all the same: saying it once more is safe, since the same content at a version is answered as it was.
  if (ended === undefined) throw new HoldfastError(0, "The connection broke before the end was told");
  return ended;
}

async function* linesOf(response: Response, signal?: AbortSignal): AsyncGenerator<string> {
  const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader();
  let rest = "";
  while (reader) {
    const { done, value = "" } = await reader.read().catch((cause: unknown) => {
      throw signal?.aborted ? signal.reason : unanswered(cause);
    });
    const lines = (rest + value).split("\n");
    rest = done ? "" : (lines.pop() ?? "");
    yield* lines.filter((line) => line.trim() !== "");
    if (done) return;
  }
}
