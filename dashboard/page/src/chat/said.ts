// What is said in a chat as it is shown: made of what is kept and of what is told, in which others may have written anything.

import { type ChatEvent, type ChatMessage, textOfMessage } from "../../../client/index.ts";

/** A message as it is shown. */
export interface Said {
  id: string;
  isAgent: boolean;
  text: string;
  at?: number | string;
  /** `running` while the agent says it, `cut` if the line broke then, `sending` while it is on its way there. */
  state?: "running" | "cut" | "sending" | "failed";
  error?: string;
  /** Of an answer, what of the agent's was kept when it began: what is kept besides may be this one. */
  known?: readonly string[];
}

/** A run's message as it grows, and as it ends. */
export function withEvent(
  all: readonly Said[],
  id: string,
  event: ChatEvent,
  text: string | undefined,
): readonly Said[] {
  const before = all.find((said) => said.id === id);
  const others = all.filter((said) => said.id !== id);
  const kept = all.filter((one) => wasKept(one) && one.isAgent);
  const known = before?.known ?? kept.map((one) => one.text);
  const said: Said = {
    id,
    isAgent: true,
    text: text ?? before?.text ?? "",
    at: timeOf(event.message?.timestamp) ?? Date.now(),
    known,
  };
  if (event.state === "delta") return [...others, { ...said, state: "running" }];
  if (event.state === "error") {
    return [...others, { ...said, state: "failed", error: sentenceOf(event.errorMessage) }];
  }
  // Without its words they come with the next look; and what is kept already came with the last.
  const isKept = kept.some((one) => one.text === said.text && !known.includes(one.text));
  return said.text === "" || isKept ? others : [...others, said];
}

const wasKept = ({ id }: Said) => id.startsWith("kept-");

export function cut(said: Said): Said {
  return said.state === "running" ? { ...said, state: "cut" } : said;
}

/** What is kept, and behind it what was said here and is not kept yet. */
export function merged(kept: readonly Said[], before: readonly Said[]): Said[] {
  const isKept = ({ isAgent, text }: Said) => kept.some((said) => said.isAgent === isAgent && said.text === text);
  const isWhole = ({ text, known = [] }: Said) =>
    kept.some((one) => one.isAgent && !known.includes(one.text) && one.text.startsWith(text));
  const isOver = (said: Said) => (said.state === "cut" ? isWhole(said) : said.state === undefined && isKept(said));
  return [...kept, ...before.filter((said) => !wasKept(said) && !isOver(said))];
}

export function shown(messages: readonly ChatMessage[]): Said[] {
  return messages.flatMap((message, index): Said[] => {
    const text = textOfMessage(message);
    if ((message.role !== "user" && message.role !== "assistant") || text === "") return [];
    const at = timeOf(message.timestamp);
    return [{ id: `kept-${index}`, isAgent: message.role === "assistant", text, ...(at !== undefined && { at }) }];
  });
}

/** When something was said, if that is a time. */
function timeOf(told: unknown): number | string | undefined {
  const isTime = (typeof told === "number" || typeof told === "string") && !Number.isNaN(new Date(told).getTime());
  return isTime ? told : undefined;
}

function sentenceOf(told: unknown): string {
  return typeof told === "string" && told !== "" ? told : "The agent could not answer";
}
