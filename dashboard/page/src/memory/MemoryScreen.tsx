import { useState } from "react";
import { useStat } from "../preview/useStat.ts";
import { View } from "../preview/View.tsx";
import { exactly } from "../state/format.ts";
import { nameOf } from "../state/paths.ts";
import { useWorkspace } from "../state/workspace.ts";
import { Icon } from "../ui/Icon.tsx";
import { ScreenHead } from "../ui/ScreenHead.tsx";
import { Empty, Failed, Loading } from "../ui/States.tsx";

/** A day as the agent names its notes, by the clock of whoever looks. */
function today(): string {
  const now = new Date();
  const part = (number: number) => String(number).padStart(2, "0");
  return `${now.getFullYear()}-${part(now.getMonth() + 1)}-${part(now.getDate())}`;
}

const PAGES = [
  { label: "Soul", file: "SOUL.md", about: "Who your agent is: its character, its voice, what it cares about." },
  { label: "User", file: "USER.md", about: "Who you are, as your agent should know you." },
  { label: "Memory", file: "MEMORY.md", about: "What your agent remembers for good." },
  { label: "Tools", file: "TOOLS.md", about: "Which tools your agent has, and how it should use them." },
  { label: "Today", file: `memory/${today()}.md`, about: "What your agent has noted today." },
] as const;

/** What the agent knows and is, as files. */
export default function MemoryScreen({ onMenu }: { onMenu: () => void }) {
  const { root } = useWorkspace();
  const [at, setAt] = useState(0);
  const page = PAGES[at] ?? PAGES[0];
  return (
    <div className="page-frame">
      <ScreenHead title="Memory" onMenu={onMenu} />
      <div className="memory-tabs" role="tablist" aria-label="Memory">
        {PAGES.map(({ label }, index) => (
          <button
            key={label}
            type="button"
            role="tab"
            id={`memory-${index}`}
            aria-selected={index === at}
            aria-controls="memory-page"
            tabIndex={index === at ? 0 : -1}
            onClick={() => setAt(index)}
            onKeyDown={({ key }) => {
              const by = { ArrowRight: 1, ArrowLeft: -1 }[key];
              if (by === undefined) return;
              const next = (index + by + PAGES.length) % PAGES.length;
              setAt(next);
              document.getElementById(`memory-${next}`)?.focus();
            }}
          >
            {label}
          </button>
        ))}
      </div>
      <div className="memory-page" id="memory-page" role="tabpanel" aria-labelledby={`memory-${at}`}>
        <Page key={page.file} path={`${root}/${page.file}`} about={page.about} />
      </div>
    </div>
  );
}

function Page({ path, about }: { path: string; about: string }) {
  const { stat, error } = useStat(path);
  const isGone = error?.status === 404;
  const missing = <Missing path={path} about={about} />;
  if (isGone && !stat) return missing;
  if (error && !stat) return <Failed error={error} />;
  if (!stat) return <Loading rows={6} />;
  return (
    <div className="preview-body">
      <p className="quiet memory-note">
        {about} {!isGone && `Changed ${exactly(stat.modified)}.`}
      </p>
      <View stat={stat} kind="markdown" isGone={isGone} instead={missing} />
    </div>
  );
}

/** There is none yet, or no more. */
function Missing({ path, about }: { path: string; about: string }) {
  const { actions } = useWorkspace();
  const [isBusy, setBusy] = useState(false);
  const create = async () => {
    setBusy(true);
    const isMade = await actions.createFile(path, `# ${nameOf(path).replace(/\.md$/, "")}\n`);
    // Once it is made, it is soon shown.
    if (!isMade) setBusy(false);
  };
  return (
    <Empty icon="memory" title={`${nameOf(path)} is not there yet`}>
      <p>{about}</p>
      <button type="button" className="button primary" disabled={isBusy} onClick={() => void create()}>
        <Icon name="plus" />
        Create it
      </button>
    </Empty>
  );
}
