import { type FormEvent, useState } from "react";
import { enter } from "./state/session.ts";
import { Dialog } from "./ui/Dialog.tsx";

/** Asks for a link: the only way in. */
function LinkForm({ verb }: { verb: string }) {
  const [link, setLink] = useState("");
  const [problem, setProblem] = useState<string | null>(null);
  const submit = (event: FormEvent) => {
    event.preventDefault();
    setProblem(enter(link));
  };
  return (
    <form className="gate-form" onSubmit={submit}>
      <label>
        Link
        <input
          className="input"
          type="text"
          autoComplete="off"
          spellCheck={false}
          placeholder={`${location.origin}/#userId=…`}
          value={link}
          onChange={(event) => setLink(event.target.value)}
        />
      </label>
      {problem && (
        <p className="problem" role="alert">
          {problem}
        </p>
      )}
      <button type="submit" className="button primary">
        {verb}
      </button>
    </form>
  );
}

/** The page without a workspace. */
export function Gate({ problem }: { problem?: string }) {
  return (
    <main className="gate">
      <div className="gate-card">
        <img src="/icon.svg" alt="" width={48} height={48} />
        <h1>Holdfast</h1>
        <p>
          {problem
            ? `This link does not open a workspace: ${problem}.`
            : "Your files, media and history, kept for you and your agent."}
        </p>
        <p className="quiet">
          Open it with the link that you were given. On your own machine <code>npm start</code> prints one, and{" "}
          <code>npm run sign -- user_demo</code> makes another.
        </p>
        <LinkForm verb="Open" />
      </div>
    </main>
  );
}

/** The link has expired while the page was open: what was being done waits behind this. */
export function Renew() {
  return (
    <Dialog title="This link has expired">
      <p>Nothing is lost: paste a new link to the same workspace, and what you were doing goes on.</p>
      <p className="quiet">
        The place that gave you this link has a new one. On your own machine it is{" "}
        <code>npm run sign -- user_demo</code>.
      </p>
      <LinkForm verb="Go on" />
    </Dialog>
  );
}
