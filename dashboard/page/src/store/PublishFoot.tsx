import type { Published } from "../../../client/index.ts";
import { sayStep } from "../../../client/tools.ts";
import { count, size } from "../state/format.ts";
import { hrefOf } from "../state/route.ts";
import { say, sayError } from "../state/toasts.ts";
import { useWorkspace } from "../state/workspace.ts";
import { Icon } from "../ui/Icon.tsx";
import { Excluded } from "./Excluded.tsx";
import type { PublishState } from "./usePublish.ts";

interface PublishFootProps {
  state: PublishState;
  /** Whether it can be sent as it is. */
  isReady: boolean;
  onClose: () => void;
  /** Takes the version that is free. */
  onNext: (version: string) => void;
}

/** The foot of a publish dialog: how far it is, why it failed, and the buttons. */
export function PublishFoot({ state, isReady, onClose, onNext }: PublishFootProps) {
  const isBusy = state.at === "busy";
  return (
    <>
      {isBusy && <Steps step={state.step} />}
      {state.at === "failed" && state.findings.length === 0 && (
        <p className="problem" role="alert">
          {state.why}{" "}
          {state.next !== null && (
            <button type="button" className="link" onClick={() => onNext(state.next ?? "")}>
              Make it {state.next}
            </button>
          )}
        </p>
      )}
      <div className="dialog-buttons">
        <button type="button" className="button" onClick={onClose}>
          {isBusy ? "Hide" : "Cancel"}
        </button>
        <button type="submit" className="button primary" disabled={isBusy || !isReady}>
          {isBusy ? "Publishing…" : "Publish"}
        </button>
      </div>
    </>
  );
}

function Steps({ step }: { step: Extract<PublishState, { at: "busy" }>["step"] }) {
  const text = step ? sayStep(step) : "Beginning";
  const share = step?.files !== undefined && step.of ? step.files / step.of : undefined;
  return (
    <div className="publish-steps" role="status">
      <span>{text}</span>
      <progress value={share} max={1} aria-label="Publishing" />
    </div>
  );
}

/** What has been published, and where it is. */
export function PublishDone({ published, onClose }: { published: Published; onClose: () => void }) {
  const { visitUrl, id, version, files, size: bytes, excluded, excludedTotal, unscanned } = published;
  const { client } = useWorkspace();
  const place = hrefOf({ screen: "store", path: `${visitUrl ? "desktops" : "apps"}/${id}` });
  // Of this origin, whatever host the Worker was called by.
  const link = visitUrl ? client.store.visitUrl(id) : `${location.origin}/${place}`;
  const copy = () =>
    navigator.clipboard.writeText(link).then(
      () => say("Copied the link"),
      (cause: unknown) => sayError("Copying the link", cause),
    );
  return (
    <div className="form published">
      <p className="report-title" role="status">
        <Icon name="check" />
        Version {version} is published: {count(files, "file")}, {size(bytes)} packed
      </p>
      <div className="command">
        <code>{link}</code>
      </div>
      {unscanned !== undefined && unscanned.length > 0 && (
        <p className="note">
          The imports of {count(unscanned.length, "file")} could not be read; packages that only they need are missing.
        </p>
      )}
      <Excluded excluded={excluded} total={excludedTotal} />
      <div className="dialog-buttons">
        <button type="button" className="button" onClick={() => void copy()}>
          <Icon name="link" />
          Copy link
        </button>
        {visitUrl ? (
          <a className="button" href={link} target="_blank" rel="noopener">
            <Icon name="play" />
            Visit
          </a>
        ) : null}
        <a className="button" href={place} onClick={onClose}>
          See it in the store
        </a>
        <button type="button" className="button primary" onClick={onClose}>
          Close
        </button>
      </div>
    </div>
  );
}
