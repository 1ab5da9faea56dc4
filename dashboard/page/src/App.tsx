import { useEffect, useState } from "react";
import { HoldfastError } from "../../client/index.ts";
import { Gate, Renew } from "./Gate.tsx";
import { Shell } from "./Shell.tsx";
import { session } from "./state/session.ts";
import { useStore } from "./state/store.ts";
import { openWorkspace, type Workspace, WorkspaceContext } from "./state/workspace.ts";
import { Boundary } from "./ui/Boundary.tsx";
import { Failed, Loading } from "./ui/States.tsx";
import { Toasts } from "./ui/Toasts.tsx";

export function App() {
  const { gatewayUrl, isExpired, isAsking } = useStore(session);
  return (
    <>
      <Boundary of={gatewayUrl ?? ""}>
        {gatewayUrl !== null ? (
          <Open key={gatewayUrl} gatewayUrl={gatewayUrl} />
        ) : isAsking ? (
          <Loading label="Opening the workspace" />
        ) : (
          <Gate />
        )}
      </Boundary>
      {isExpired && <Renew />}
      <Toasts />
    </>
  );
}

/** A workspace from its first answer on. */
function Open({ gatewayUrl }: { gatewayUrl: string }) {
  const [workspace, setWorkspace] = useState<Workspace | null>(null);
  const [error, setError] = useState<Error | null>(null);
  const [round, setRound] = useState(0);

  // biome-ignore lint/correctness/useExhaustiveDependencies: a new round is a new attempt
  useEffect(() => {
    let isOver = false;
    setError(null);
    openWorkspace(gatewayUrl).then(
      (opened) => !isOver && setWorkspace(opened),
      (cause) => !isOver && setError(cause),
    );
    return () => {
      isOver = true;
    };
  }, [gatewayUrl, round]);
  useEffect(() => workspace?.open(), [workspace]);

  if (workspace) {
    return (
      <WorkspaceContext value={workspace}>
        <Shell />
      </WorkspaceContext>
    );
  }
  if (error instanceof HoldfastError && error.status === 401)
    return <Gate problem={String(error.body.details ?? error.message)} />;
  if (error) return <Failed error={error} onRetry={() => setRound(round + 1)} />;
  return <Loading label="Opening the workspace" />;
}
