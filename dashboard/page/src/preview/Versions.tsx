import { useEffect, useState } from "react";
import type { Diff, Version } from "../../../client/index.ts";
import { download } from "../state/download.ts";
import { exactly, size, toTheSecond, when } from "../state/format.ts";
import { useWorkspace } from "../state/workspace.ts";
import { Icon } from "../ui/Icon.tsx";
import { Empty, Failed, Loading } from "../ui/States.tsx";

/** What a file has been; what has changed since; and the way back. */
export default function Versions({ path, etag }: { path: string; etag: string }) {
  const { client } = useWorkspace();
  const [versions, setVersions] = useState<Version[] | null>(null);
  const [error, setError] = useState<Error | null>(null);
  const [chosen, setChosen] = useState<number | null>(null);
  // biome-ignore lint/correctness/useExhaustiveDependencies: another tag is another version
  useEffect(() => {
    const stop = new AbortController();
    client.history.versions(path, { signal: stop.signal }).then(
      (page) => setVersions(page.versions),
      (cause) => !stop.signal.aborted && setError(cause),
    );
    return () => stop.abort();
  }, [client, path, etag]);
  if (error) return <Failed error={error} />;
  if (versions === null) return <Loading rows={4} />;
  const current = versions.find((version) => version.current);
  const times = versions.map(({ modified }) => when(modified));
  const timeOf = ({ modified }: Version) => {
    const time = when(modified);
    const isAlone = times.indexOf(time) === times.lastIndexOf(time);
    return isAlone ? time : toTheSecond(modified);
  };
  return (
    <div className="versions">
      <h3 className="section-title">Versions</h3>
      <p className="quiet lead">
        Each save keeps what was there before, newest first. Open one to see what has changed since, to bring it back or
        to download it.
      </p>
      <ol aria-label="Versions">
        {versions.map((version) => (
          <li key={version.version}>
            <button
              type="button"
              className="version"
              aria-expanded={version.version === chosen}
              onClick={() => setChosen(version.version === chosen ? null : version.version)}
            >
              <Icon name="chevron" size={12} />
              <span title={exactly(version.modified)}>{timeOf(version)}</span>
              <span className="quiet">{version.actor ?? ""}</span>
              <span className="quiet">
                {version.current ? "now" : version.available ? size(version.size) : "no longer kept"}
              </span>
            </button>
            {version.version === chosen && <OneVersion path={path} version={version} current={current} />}
          </li>
        ))}
      </ol>
      {versions.length === 1 && (
        <Empty icon="clock" title="There is one version">
          Each save adds one.
        </Empty>
      )}
    </div>
  );
}

function OneVersion({ path, version, current }: { path: string; version: Version; current: Version | undefined }) {
  const workspace = useWorkspace();
  const { client, actions } = workspace;
  const [diff, setDiff] = useState<Diff | null>(null);
  const [error, setError] = useState<Error | null>(null);
  const to = current?.version;
  useEffect(() => {
    if (version.current || !version.available || to === undefined) return;
    const stop = new AbortController();
    client.history
      .diff(path, { from: version.version, to, signal: stop.signal })
      .then(setDiff, (cause) => !stop.signal.aborted && setError(cause));
    return () => stop.abort();
  }, [client, path, version, to]);
  if (version.current) return <p className="version-more quiet">This is what the file is now.</p>;
  if (!version.available) return <p className="version-more quiet">Its content is no longer kept.</p>;
  return (
    <div className="version-more">
      <div className="version-deeds">
        <button type="button" className="button" onClick={() => void actions.restoreVersion(path, version.version)}>
          <Icon name="undo" />
          Restore this version
        </button>
        <button
          type="button"
          className="button"
          onClick={() => void download(workspace, [{ path, size: version.size, version: version.version }])}
        >
          <Icon name="download" />
          Download
        </button>
      </div>
      <p className="quiet">From this version to now:</p>
      {error && <p className="quiet">{error.message}</p>}
      {diff?.identical && <p className="quiet">Nothing is different.</p>}
      {diff?.binary && <p className="quiet">These bytes are no text.</p>}
      {diff?.diff && <DiffLines diff={diff.diff} />}
    </div>
  );
}

/** A unified diff, without its head, which ends where the first part begins, and without the empty line at its end: one that is content begins with a space. */
function DiffLines({ diff }: { diff: string }) {
  const all = diff.split("\n");
  const lines = all
    .slice(
      Math.max(
        0,
        all.findIndex((line) => line.startsWith("@@")),
      ),
    )
    .filter((line) => line !== "");
  const kinds: Record<string, string> = { "+": "added", "-": "removed", "@": "place" };
  return (
    <pre className="diff" tabIndex={0} role="region" aria-label="Difference">
      {lines.map((line, index) => (
        <span key={index} className={kinds[line[0] ?? ""] ?? ""}>
          {`${line}\n`}
        </span>
      ))}
    </pre>
  );
}
