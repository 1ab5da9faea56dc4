import { useEffect } from "react";
import { cancelZip, clearZips, type Zip, zips } from "../state/download.ts";
import { count, size } from "../state/format.ts";
import { useStore } from "../state/store.ts";
import { IconButton } from "../ui/Icon.tsx";
import { TransferRow } from "./TransferRow.tsx";

/** What went well is not in the way for longer. */
const GONE_AFTER_MS = 8000;

/** The zips that are on their way down, below the screen, wherever somebody is. */
export function ZipPanel() {
  const list = useStore(zips);
  const isWell = list.length > 0 && list.every(({ state }) => state === "done" || state === "cancelled");
  useEffect(() => {
    if (!isWell) return;
    const timer = setTimeout(clearZips, GONE_AFTER_MS);
    return () => clearTimeout(timer);
  }, [isWell]);
  if (list.length === 0) return null;
  const coming = list.filter(({ state }) => state === "coming").length;
  const failed = list.filter(({ state }) => state === "failed").length;
  const title =
    coming > 0
      ? `Downloading ${count(coming, "zip")}`
      : failed > 0
        ? `${count(failed, "zip")} could not be downloaded`
        : list.some(({ state }) => state === "done")
          ? "Downloaded"
          : "Cancelled";
  return (
    <section className="uploads" aria-label="Downloads">
      <header>
        <span role="status">{title}</span>
        {coming === 0 && <IconButton icon="close" label="Close downloads" onClick={clearZips} />}
      </header>
      <ul>
        {list.map((zip) => (
          <Row key={zip.id} zip={zip} />
        ))}
      </ul>
    </section>
  );
}

function Row({ zip }: { zip: Zip }) {
  const { id, name, got, state, error } = zip;
  const said = {
    coming: zip.size === null ? "Looking it through" : `${size(got)} of ${size(zip.size)}`,
    done: size(zip.size ?? got),
    failed: error ?? "It could not be downloaded",
    cancelled: "Cancelled",
  }[state];
  const isComing = state === "coming";
  return (
    <TransferRow
      state={state}
      name={name}
      isBad={state === "failed"}
      said={said}
      progress={isComing ? { value: got, max: zip.size ?? 1 } : null}
      buttons={isComing && <IconButton icon="close" label={`Cancel ${name}`} onClick={() => cancelZip(id)} />}
    />
  );
}
