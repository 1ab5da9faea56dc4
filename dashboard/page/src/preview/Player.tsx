import { useState } from "react";
import type { Stat } from "../../../client/index.ts";
import { useWorkspace } from "../state/workspace.ts";
import { Empty } from "../ui/States.tsx";
import { sourceOf } from "./source.ts";

/** Sound and film, by the browser's own player: it fetches the parts that it plays. */
export function Player({ stat, kind }: { stat: Stat; kind: "audio" | "video" }) {
  const { client } = useWorkspace();
  // Another tag is another file: what cannot be played may have been mended.
  const [broken, setBroken] = useState<string | null>(null);
  const source = sourceOf(client, stat);
  if (broken === source)
    return (
      <Empty icon={kind} title="This cannot be played">
        It may be damaged, or of a kind that this browser does not know. It can be downloaded.
      </Empty>
    );
  const common = {
    key: source,
    src: source,
    controls: true,
    preload: "metadata",
    onError: () => setBroken(source),
  } as const;
  return (
    <div className={`player ${kind}`}>
      {kind === "audio" ? (
        <audio {...common} aria-label={stat.name} />
      ) : (
        <video {...common} playsInline aria-label={stat.name} />
      )}
    </div>
  );
}
