import { useState, type WheelEvent } from "react";
import type { Stat } from "../../../client/index.ts";
import { useWorkspace } from "../state/workspace.ts";
import { IconButton } from "../ui/Icon.tsx";
import { Empty } from "../ui/States.tsx";

const STEPS = [0.1, 0.25, 0.5, 0.75, 1, 1.5, 2, 3, 4, 8];

/** A picture: as large as fits, or at a scale. An `<img>` runs nothing, SVG included. */
export function ImageView({ stat }: { stat: Stat }) {
  const { client } = useWorkspace();
  const [scale, setScale] = useState<number | null>(null);
  const [natural, setNatural] = useState<{ width: number; height: number } | null>(null);
  const [isBroken, setBroken] = useState(false);
  // The tag is in the address so that a changed picture is fetched again.
  const source = `${client.files.contentUrl(stat.path)}#${stat.etag}`;
  if (isBroken)
    return (
      <Empty icon="image" title="This picture cannot be shown">
        It may be damaged, or of a kind that this browser does not know. It can be downloaded.
      </Empty>
    );
  const step = (by: 1 | -1) =>
    setScale((now) => {
      const current = now ?? 1;
      const next = by > 0 ? STEPS.find((one) => one > current) : STEPS.findLast((one) => one < current);
      return next ?? current;
    });
  const onWheel = (event: WheelEvent) => {
    if (event.ctrlKey || event.metaKey) step(event.deltaY < 0 ? 1 : -1);
  };
  return (
    <div className="image-view">
      <div className="view-bar">
        <span className="view-note">{natural ? `${natural.width} × ${natural.height}` : "\u00a0"}</span>
        <IconButton icon="zoomOut" label="Smaller" onClick={() => step(-1)} />
        <button
          type="button"
          className="button"
          aria-pressed={scale === null}
          onClick={() => setScale(scale === null ? 1 : null)}
        >
          {scale === null ? "Fit" : `${Math.round(scale * 100)} %`}
        </button>
        <IconButton icon="zoomIn" label="Larger" onClick={() => step(1)} />
      </div>
      <div className="image-stage" onWheel={onWheel} tabIndex={0} role="region" aria-label={stat.name}>
        <img
          key={source}
          className={scale === null ? "fit" : ""}
          style={scale !== null && natural ? { width: natural.width * scale } : {}}
          src={source}
          alt={stat.name}
          onDoubleClick={() => setScale(scale === null ? 1 : null)}
          onLoad={({ currentTarget }) =>
            setNatural({ width: currentTarget.naturalWidth, height: currentTarget.naturalHeight })
          }
          onError={() => setBroken(true)}
        />
      </div>
    </div>
  );
}
