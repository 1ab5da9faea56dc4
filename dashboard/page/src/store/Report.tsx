import type { Installed, Needed, Uninstalled, Updated } from "../../../client/index.ts";
import { count } from "../state/format.ts";
import { visible } from "../state/paths.ts";
import { say, sayError } from "../state/toasts.ts";
import { useWorkspace } from "../state/workspace.ts";
import { Icon, IconButton } from "../ui/Icon.tsx";
import { commandOf } from "./things.ts";

/** What was done about an app, and what is left to be run. */
export function Report({ said }: { said: Installed | Updated | Uninstalled }) {
  const { root } = useWorkspace();
  const short = (path: string) => (path.startsWith(`${root}/`) ? path.slice(root.length + 1) : path);
  return (
    <section className="report" aria-label="What was done">
      {"trashPath" in said ? (
        <>
          <p className="report-title">
            <Icon name="check" />
            Taken out: <code>src/apps/{said.id}</code> is in the trash
          </p>
          <Packages
            title="Packages that nothing else needs"
            all={said.dependencies.removed.map((name) => ({ name }))}
          />
        </>
      ) : (
        <>
          <p className="report-title">
            <Icon name="check" />
            <span dir="auto">
              {visible(said.name)} {said.version} is {said.installed ? "there already" : "installed"} in{" "}
              <code>src/apps/{said.id}</code>
            </span>
          </p>
          {"from" in said && (
            <p>
              Updated from {said.from}: {count(said.written, "file")} written, {count(said.removed, "file")} in the
              trash
            </p>
          )}
          {"kept" in said && said.kept.length > 0 && (
            <>
              <h4>Changed here, and left as they are</h4>
              <ul>
                {said.kept.map((path) => (
                  <li key={path}>
                    <code>{short(path)}</code>
                  </li>
                ))}
              </ul>
            </>
          )}
          <Packages title="Packages added" all={said.dependencies.missing} />
          <Packages title="Packages that were there" all={said.dependencies.present} />
          {said.dependencies.conflicts.length > 0 && (
            <>
              <h4>Packages of which you have another version</h4>
              <ul>
                {said.dependencies.conflicts.map(({ name, wanted, present, alias }) => (
                  <li key={name}>
                    <code>{name}</code> {present} is yours; {wanted} goes in beside it as <code>{alias}</code>
                  </li>
                ))}
              </ul>
            </>
          )}
        </>
      )}
      {said.pnpm.length > 0 && <Command args={said.pnpm} />}
    </section>
  );
}

function Packages({ title, all }: { title: string; all: readonly (Pick<Needed, "name"> & Partial<Needed>)[] }) {
  if (all.length === 0) return null;
  return (
    <>
      <h4>{title}</h4>
      <ul>
        {all.map(({ name, version }) => (
          <li key={name}>
            <code>{version === undefined ? name : `${name} ${version}`}</code>
          </li>
        ))}
      </ul>
    </>
  );
}

/** The line that brings `node_modules` up to date: this page has no shell. */
function Command({ args }: { args: readonly string[] }) {
  const command = commandOf(args);
  const copy = () =>
    navigator.clipboard.writeText(command).then(
      () => say("Copied"),
      (cause: unknown) => sayError("Copying", cause),
    );
  return (
    <>
      <h4>To be run where the desktop runs</h4>
      <div className="command">
        <code>{command}</code>
        <IconButton icon="copy" label="Copy the command" onClick={() => void copy()} />
      </div>
    </>
  );
}
