import { useState } from "react";
import { exactly, size, when } from "../state/format.ts";
import { say, sayError } from "../state/toasts.ts";
import { useAnswer } from "../state/useAnswer.ts";
import { useWorkspace } from "../state/workspace.ts";
import { Confirm } from "../ui/Dialog.tsx";
import { Section } from "./Section.tsx";
import { type Details, kindOf } from "./things.ts";

const SHOWN = 20;

/** The versions, newest first; their owner withdraws them here. */
export function Versions({ thing, isOwn }: { thing: Details; isOwn: boolean }) {
  const { client, shop } = useWorkspace();
  const kind = kindOf(thing);
  const [asking, setAsking] = useState<string | null>(null);
  const ask = (signal: AbortSignal) => client.store.versions(kind, thing.id, { signal, limit: SHOWN });
  const { value, error } = useAnswer(`versions ${thing.id}`, ask, "store");
  const yank = async (version: string) => {
    try {
      await client.publish.yank(kind, thing.id, version);
      say(`Withdrew version ${version}`);
      shop.changed();
    } catch (cause) {
      sayError(`Withdrawing version ${version}`, cause);
    }
  };
  return (
    <Section title="Versions">
      {error && !value && <p className="problem">{error.message}</p>}
      <ul className="versions-list">
        {value?.versions.map(({ version, size: bytes, createdAt, yanked }) => (
          <li key={version}>
            <span className={yanked ? "withdrawn" : ""}>{version}</span>
            <span className="quiet" title={exactly(createdAt)}>
              {when(createdAt)} · {size(bytes)} packed
            </span>
            {yanked && <span className="badge">withdrawn</span>}
            {isOwn && !yanked && (
              <button
                type="button"
                className="link"
                aria-label={`Withdraw version ${version}`}
                onClick={() => setAsking(version)}
              >
                Withdraw
              </button>
            )}
          </li>
        ))}
        {value?.cursor !== undefined && <li className="quiet">The newest {SHOWN} are shown.</li>}
      </ul>
      {asking && (
        <Confirm
          title={`Withdraw version ${asking}?`}
          text="It is not offered any more, and its number is never used again. Who has it, or names it, still gets it."
          verb="Withdraw"
          onClose={() => setAsking(null)}
          onConfirm={() => void yank(asking)}
        />
      )}
    </Section>
  );
}
