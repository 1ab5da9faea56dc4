import { useEffect, useRef, useState } from "react";
import type { Verified } from "../../../client/index.ts";
import { count } from "../state/format.ts";
import { whyOf } from "../state/toasts.ts";
import { useWorkspace } from "../state/workspace.ts";
import { Icon } from "../ui/Icon.tsx";

type State =
  | { is: "idle" }
  | { is: "looking"; found: Verified | null }
  | { is: "done"; found: Verified }
  | { is: "failed"; why: string };

/** Looks through everything that is stored, down to the bytes, and says what is wrong. */
export function Verify() {
  const { client } = useWorkspace();
  const [state, setState] = useState<State>({ is: "idle" });
  const stopping = useRef<AbortController | null>(null);
  useEffect(() => () => stopping.current?.abort(), []);
  const look = async (repair: boolean) => {
    const controller = new AbortController();
    const { signal } = controller;
    stopping.current = controller;
    setState({ is: "looking", found: null });
    const onPage = (found: Verified) => setState({ is: "looking", found: { ...found } });
    try {
      setState({ is: "done", found: await client.workspace.verify({ all: true, repair, onPage, signal }) });
    } catch (cause) {
      if (!signal.aborted) setState({ is: "failed", why: whyOf(cause) });
    }
  };
  const isLooking = state.is === "looking";
  const problems = state.is === "done" ? state.found.problems : [];
  return (
    <section className="verify" aria-label="Check">
      <div className="verify-line" role="status">
        <Sentence state={state} />
        <button type="button" className="button" disabled={isLooking} onClick={() => void look(false)}>
          {isLooking ? "Checking…" : state.is === "idle" ? "Check everything" : "Check again"}
        </button>
      </div>
      {problems.length > 0 && (
        <>
          <ul className="verify-problems">
            {problems.map((problem) => (
              <li key={problem}>{problem}</li>
            ))}
          </ul>
          <button type="button" className="button" onClick={() => void look(true)}>
            Repair what is certain
          </button>
        </>
      )}
    </section>
  );
}

function Sentence({ state }: { state: State }) {
  if (state.is === "idle") return <span className="quiet">Is every file there, whole and as it was written?</span>;
  if (state.is === "failed") return <span className="problem">{state.why}</span>;
  if (state.found === null) return <span className="quiet">Looking</span>;
  const { checked, problems, repaired } = state.found;
  const looked = `${count(checked.rules, "rule")}, ${count(checked.objects, "object")}, the bytes of ${count(checked.contents, "content")}`;
  if (state.is === "looking") return <span className="quiet">So far {looked}</span>;
  if (problems.length > 0)
    return (
      <span className="problem">
        <Icon name="warning" /> {count(problems.length, "thing")} {problems.length === 1 ? "is" : "are"} not right
      </span>
    );
  return (
    <span>
      <Icon name="check" />{" "}
      {repaired.length > 0
        ? `${count(repaired.length, "thing")} put right; the rest is there, whole and as it was written.`
        : "Everything is there, whole and as it was written."}{" "}
      <span className="quiet">Looked at: {looked}</span>
    </span>
  );
}
