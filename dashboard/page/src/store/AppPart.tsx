import { type ReactNode, useState } from "react";
import type { AppRow } from "../../../client/index.ts";
import { visitDirectory } from "../state/route.ts";
import { useStore } from "../state/store.ts";
import { useWorkspace } from "../state/workspace.ts";
import { Icon } from "../ui/Icon.tsx";
import { Adds } from "./Adds.tsx";
import { Report } from "./Report.tsx";
import { isNewer, titleOf } from "./things.ts";
import { type InstalledApp, useInstalls } from "./useInstalls.ts";

type App = AppRow & { files?: number };

/** Installing an app, bringing it up to date, taking it out: with what that adds, before and after. What is said of it stands between. */
export function AppPart({ app, children }: { app: App; children: ReactNode }) {
  const { shop } = useWorkspace();
  const { value } = useInstalls();
  const last = useStore(shop.done).get(app.id)?.said;
  const listed = value?.find(({ id }) => id === app.id);
  const having = listed?.isMissing ? undefined : listed;
  // What was said of an app is over when its folder has gone since.
  const said = last && "trashPath" in last === (having === undefined) ? last : null;
  // Until it is known whether it is there, nothing is offered: a button that changes under a finger is worse than one that is late.
  return (
    <>
      <div className="thing-actions">
        {value === null ? (
          <button type="button" className="button primary" disabled>
            Install
          </button>
        ) : having ? (
          <InstalledActions app={having} offered={app.version} />
        ) : (
          <Busy primary label="Install" busy="Installing…" run={() => shop.install(app.id, titleOf(app))} />
        )}
      </div>
      {said && <Report said={said} />}
      {having && !said && (
        <p className="quiet">
          Version {having.version} is installed in <code>src/apps/{having.localId}</code>.
        </p>
      )}
      {children}
      {value !== null && !having && !said && <Adds app={app} />}
    </>
  );
}

/** What can be done with an app that is there. Of one whose folder is gone, the rest can be taken out. */
export function InstalledActions({ app, offered }: { app: InstalledApp; offered: string | null }) {
  const { shop, root } = useWorkspace();
  const isOld = !app.isMissing && offered !== null && isNewer(offered, app.version);
  return (
    <>
      {isOld && (
        <Busy primary label={`Update to ${offered}`} busy="Updating…" run={() => shop.update(app.id, app.name)} />
      )}
      {!app.isMissing && (
        <button
          type="button"
          className="button"
          onClick={() => visitDirectory(root, `${root}/src/apps/${app.localId}`)}
        >
          <Icon name="folder" />
          Open its folder
        </button>
      )}
      <Busy label="Take out" busy="Taking out…" run={() => shop.uninstall(app.id, app)} />
    </>
  );
}

interface BusyProps {
  label: string;
  /** What it says while it goes on. */
  busy: string;
  run: () => Promise<void>;
  primary?: boolean;
}

/** A button that waits for what it does. */
export function Busy({ label, busy, run, primary = false }: BusyProps) {
  const [isBusy, setBusy] = useState(false);
  return (
    <button
      type="button"
      className={primary ? "button primary" : "button"}
      disabled={isBusy}
      onClick={() => {
        setBusy(true);
        void run().finally(() => setBusy(false));
      }}
    >
      {isBusy ? busy : label}
    </button>
  );
}
