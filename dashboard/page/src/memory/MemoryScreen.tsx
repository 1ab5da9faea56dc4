import { useMemo, useState } from "react";
import { useStat } from "../preview/useStat.ts";
import { View } from "../preview/View.tsx";
import { exactly } from "../state/format.ts";
import { nameOf } from "../state/paths.ts";
import { go } from "../state/route.ts";
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

interface MemoryPage {
  /** In the address. */
  key: string;
  label: string;
  file: string;
  about: string;
}

const LASTING: readonly MemoryPage[] = [
  {
    key: "soul",
    label: "Soul",
    file: "SOUL.md",
    about: "Who your agent is: its character, its voice, what it cares about.",
  },
  { key: "user", label: "User", file: "USER.md", about: "Who you are, as your agent should know you." },
  { key: "memory", label: "Memory", file: "MEMORY.md", about: "What your agent remembers for good." },
  { key: "tools", label: "Tools", file: "TOOLS.md", about: "Which tools your agent has, and how it should use them." },
];

/** What the agent knows and is, as files. */
export default function MemoryScreen({ path, onMenu }: { path: string; onMenu: () => void }) {
  const { root } = useWorkspace();
  // A day ends while the page is open; what somebody is writing stays the note of the day on which they came to it.
  // biome-ignore lint/correctness/useExhaustiveDependencies: whoever comes to another page may do so on another day
  const day = useMemo(today, [path]);
  const pages: readonly MemoryPage[] = [
    ...LASTING,
    { key: "today", label: "Today", file: `memory/${day}.md`, about: "What your agent has noted today." },
  ];
  const at = Math.max(
    pages.findIndex(({ key }) => key === path),
    0,
  );
  const page = pages[at] as MemoryPage;
  // Reloaded, it is the same one; Back leads to where somebody was before all of them.
  const choose = (index: number) => go({ screen: "memory", path: pages[index]?.key ?? "" }, { replace: true });
  return (
    <div className="page-frame">
      <ScreenHead title="Memory" onMenu={onMenu} />
      <div className="memory-tabs" role="tablist" aria-label="Memory">
        {pages.map(({ label }, index) => (
          <button
            key={label}
            type="button"
            role="tab"
            id={`memory-${index}`}
            aria-selected={index === at}
            aria-controls="memory-page"
            tabIndex={index === at ? 0 : -1}
            onClick={() => choose(index)}
            onKeyDown={({ key }) => {
              const to = { ArrowRight: index + 1, ArrowLeft: index - 1, Home: 0, End: -1 }[key];
              if (to === undefined) return;
              const next = (to + pages.length) % pages.length;
              choose(next);
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
