import { useState } from "react";
import { count } from "../state/format.ts";
import { hrefOf } from "../state/route.ts";
import { useStore } from "../state/store.ts";
import { useWorkspace } from "../state/workspace.ts";
import { Empty, Failed, Loading } from "../ui/States.tsx";
import { InstalledActions } from "./AppPart.tsx";
import { Report } from "./Report.tsx";
import { ThingIcon } from "./ThingIcon.tsx";
import { isNewer } from "./things.ts";
import { useInstalls } from "./useInstalls.ts";

/** The apps that are here, and of which there is a newer version. */
export function InstalledList() {
  const { shop } = useWorkspace();
  const done = useStore(shop.done);
  const { value, error, again } = useInstalls();
  const [isBusy, setBusy] = useState(false);
  if (error && !value) return <Failed error={error} onRetry={again} />;
  if (value === null) return <Loading />;
  const old = value.filter((app) => !app.isMissing && app.offered !== null && isNewer(app.offered, app.version));
  const updateAll = async () => {
    setBusy(true);
    for (const { id, name } of old) await shop.update(id, name);
    setBusy(false);
  };
  if (value.length === 0)
    return (
      <Empty icon="store" title="No app is installed">
        <a className="button" href={hrefOf({ screen: "store", path: "apps" })}>
          Look for apps
        </a>
      </Empty>
    );
  return (
    <>
      {old.length > 1 && (
        <p className="note">
          {count(old.length, "app")} can be updated.{" "}
          <button type="button" className="link" disabled={isBusy} onClick={() => void updateAll()}>
            {isBusy ? "Updating…" : "Update all"}
          </button>
        </p>
      )}
      <ul className="entries" aria-label="Installed apps">
        {value.map((app) => {
          const said = done.get(app.id)?.said;
          return (
            <li key={app.id}>
              <div className="entry own-entry">
                <ThingIcon icon={null} kind="apps" />
                <div className="entry-text">
                  <a className="name" dir="auto" href={hrefOf({ screen: "store", path: `apps/${app.id}` })}>
                    {app.name}
                  </a>
                  <span className="quiet">
                    {app.version}{" "}
                    {app.isMissing ? `is not in src/apps/${app.localId} any more` : `in src/apps/${app.localId}`}
                    {app.offered === null && " · not offered any more"}
                  </span>
                </div>
                <InstalledActions app={app} offered={app.offered} />
              </div>
              {said && !app.isMissing && <Report said={said} />}
            </li>
          );
        })}
      </ul>
    </>
  );
}
