import { useState } from "react";
import type { Stat } from "../../../client/index.ts";
import { useWorkspace } from "../state/workspace.ts";
import { Empty } from "../ui/States.tsx";

/** Sound and film, by the browser's own player: it fetches the parts that it plays. */
export function Player({ stat, kind }: { stat: Stat; kind: "audio" | "video" }) {
  const { client } = useWorkspace();
  const [isBroken, setBroken] = useState(false);
  const source = `${client.files.contentUrl(stat.path)}#${stat.etag}`;
  if (isBroken)
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
    onError: () => setBroken(true),
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
