import { useEffect, useState } from "react";
import type { DesktopPreview } from "../../../client/index.ts";
import { count, size } from "../state/format.ts";
import { type Answer, useAnswer } from "../state/useAnswer.ts";
import { useWorkspace } from "../state/workspace.ts";
import { Loading } from "../ui/States.tsx";
import { useLater } from "../ui/useLater.ts";
import { Excluded } from "./Excluded.tsx";
import { PackageLines } from "./PackageLines.tsx";
import { linesOf } from "./things.ts";

/** A preview reads the desktop, so it waits until somebody has stopped typing. */
const AFTER_MS = 600;
/** So many files are listed; all are counted. */
const SHOWN = 200;

/** What goes with a desktop and what does not, a path or pattern a line. */
export interface Patterns {
  exclude: string;
  include: string;
}

/** What a publish would take along, looked at anew when the patterns change. What was known stays until then. */
export function useDesktopPreview(desktopId: string, patterns: Patterns): Answer<DesktopPreview> {
  const { client } = useWorkspace();
  const key = JSON.stringify({ exclude: linesOf(patterns.exclude), include: linesOf(patterns.include) });
  const asked = useLater(key, AFTER_MS);
  const answer = useAnswer(
    `desktop ${asked}`,
    (signal) => client.publish.previewDesktop({ desktopId, ...JSON.parse(asked) }, { signal }),
    "store",
  );
  const [known, setKnown] = useState<DesktopPreview | null>(null);
  useEffect(() => {
    if (answer.value) setKnown(answer.value);
  }, [answer.value]);
  return { ...answer, value: answer.value ?? (answer.error ? null : known) };
}

interface DesktopContentsProps {
  preview: Answer<DesktopPreview>;
  patterns: Patterns;
  onPatterns: (patterns: Patterns) => void;
}

/** What is published of a desktop and what stays out; each entry can change sides. */
export function DesktopContents({ preview: { value, error, again }, patterns, onPatterns }: DesktopContentsProps) {
  const add = (which: keyof Patterns, path: string) =>
    onPatterns({ ...patterns, [which]: [...linesOf(patterns[which]), path].join("\n") });
  return (
    <section className="contents" aria-label="What is published">
      {error && (
        <p className="problem" role="alert">
          {error.message}{" "}
          <button type="button" className="link" onClick={again}>
            Look again
          </button>
        </p>
      )}
      {!error && value === null && <Loading rows={2} label="Looking through the desktop" />}
      {value && (
        <Told told={value} onLeaveOut={(path) => add("exclude", path)} onPutIn={(path) => add("include", path)} />
      )}
      <details className="more-list">
        <summary>Choose by path or pattern</summary>
        <div className="form-row">
          <label>
            Leave out
            <textarea
              className="input"
              rows={3}
              placeholder={"drafts\n*.log"}
              value={patterns.exclude}
              onChange={({ target }) => onPatterns({ ...patterns, exclude: target.value })}
            />
          </label>
          <label>
            Put in all the same
            <textarea
              className="input"
              rows={3}
              placeholder="AGENTS.md"
              value={patterns.include}
              onChange={({ target }) => onPatterns({ ...patterns, include: target.value })}
            />
          </label>
        </div>
        <p className="quiet">
          One path or pattern a line. The trash and .env files never go with it; what tools make, and what is between
          you and your agent, only if it is put in by name.
        </p>
      </details>
    </section>
  );
}

interface ToldProps {
  told: DesktopPreview;
  onLeaveOut: (path: string) => void;
  onPutIn: (path: string) => void;
}

function Told({ told, onLeaveOut, onPutIn }: ToldProps) {
  const { root } = useWorkspace();
  const { manifest, files, filesTotal, size: bytes, excluded, excludedTotal, unscanned } = told;
  const packages = Object.keys(manifest.dependencies).length;
  const short = (path: string) => path.slice(root.length + 1);
  return (
    <>
      <details className="more-list">
        <summary>
          {count(filesTotal, "file")}, {size(bytes)} unpacked
        </summary>
        <ul>
          {files.slice(0, SHOWN).map((path) => (
            <li key={path}>
              <code>{short(path)}</code>
              <button
                type="button"
                className="link"
                aria-label={`Leave out ${short(path)}`}
                onClick={() => onLeaveOut(short(path))}
              >
                Leave out
              </button>
            </li>
          ))}
          {filesTotal > SHOWN && <li className="quiet">and {count(filesTotal - SHOWN, "more", "more")}</li>}
        </ul>
      </details>
      {(manifest.apps.length > 0 || packages > 0) && (
        <details className="more-list">
          <summary>{[count(manifest.apps.length, "app"), count(packages, "package")].join(", ")}</summary>
          <ul>
            {manifest.apps.map(({ id, name, icon }) => (
              <li key={id}>
                {icon && !icon.includes("/") ? `${icon} ` : ""}
                {name}
              </li>
            ))}
            <PackageLines packages={manifest.dependencies} />
          </ul>
        </details>
      )}
      <Excluded excluded={excluded} total={excludedTotal} onPutIn={onPutIn} />
      {unscanned.length > 0 && (
        <p className="note">
          {count(unscanned.length, "large file")} will be looked through for credentials only when it is published.
        </p>
      )}
    </>
  );
}
