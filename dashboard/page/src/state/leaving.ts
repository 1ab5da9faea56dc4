// What would be lost with the page: whoever closes it is asked first, by the browser.

import { useEffect } from "react";
import type { Workspace } from "./workspace.ts";

export function useAskBeforeLeaving({ uploads, unsent }: Workspace): void {
  useEffect(() => {
    const ask = (event: BeforeUnloadEvent) => {
      const isSending = uploads.list.get().some(({ state }) => state === "waiting" || state === "sending");
      if (isSending || !unsent.isEmpty) event.preventDefault();
    };
    addEventListener("beforeunload", ask);
    return () => removeEventListener("beforeunload", ask);
  }, [uploads, unsent]);
}
