import { useEffect, useRef, useState } from "react";
import type { Stat } from "../../../client/index.ts";
import { useWorkspace } from "../state/workspace.ts";
import { IconButton } from "../ui/Icon.tsx";
import { Empty } from "../ui/States.tsx";
import { sourceOf } from "./source.ts";

const STEPS = [0.1, 0.25, 0.5, 0.75, 1, 1.5, 2, 3, 4, 8];

/** The next scale, up or down; from what fits, as from the picture's own size. */
function next(scale: number | null, by: 1 | -1): number {
  const current = scale ?? 1;
  const found = by > 0 ? STEPS.find((one) => one > current) : STEPS.findLast((one) => one < current);
  return found ?? current;
}

/** A picture: as large as fits, or at a scale. An `<img>` runs nothing, SVG included. */
export function ImageView({ stat }: { stat: Stat }) {
  const { client } = useWorkspace();
  const [scale, setScale] = useState<number | null>(null);
  const [natural, setNatural] = useState<{ width: number; height: number } | null>(null);
  const source = sourceOf(client, stat);
  // What is known of one picture is not of the next.
  const [broken, setBroken] = useState<string | null>(null);
  const isBroken = broken === source;
  const stage = useRef<HTMLElement>(null);
  // Not by `onWheel`: there it is too late to keep the browser from zooming the whole page.
  // biome-ignore lint/correctness/useExhaustiveDependencies: a picture that was mended has a stage of its own
  useEffect(() => {
    const element = stage.current;
    const zoom = (event: WheelEvent) => {
      if (!event.ctrlKey && !event.metaKey) return;
      event.preventDefault();
      setScale((now) => next(now, event.deltaY < 0 ? 1 : -1));
    };
    element?.addEventListener("wheel", zoom, { passive: false });
    return () => element?.removeEventListener("wheel", zoom);
  }, [isBroken]);
  if (isBroken)
    return (
      <Empty icon="image" title="This picture cannot be shown">
        It may be damaged, or of a kind that this browser does not know. It can be downloaded.
      </Empty>
    );
  const step = (by: 1 | -1) => setScale((now) => next(now, by));
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
      <section className="image-stage" ref={stage} tabIndex={0} aria-label={stat.name}>
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
          onError={() => setBroken(source)}
        />
      </section>
    </div>
  );
}
