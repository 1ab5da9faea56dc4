import { type FileItem, HoldfastError } from "../../../client/index.ts";
import { type Answer, useAnswer } from "../state/useAnswer.ts";
import { useWorkspace } from "../state/workspace.ts";

/** The names of the folders of apps that are in the workspace. */
export function useAppsHere(): Answer<readonly string[]> {
  const { client, root } = useWorkspace();
  return useAnswer("apps here", async (signal) => {
    const entries = await client.files.listAll(`${root}/src/apps`, { signal }).catch((cause: unknown): FileItem[] => {
      if (cause instanceof HoldfastError && cause.status === 404) return [];
      throw cause;
    });
    return entries.filter(({ type }) => type === "directory").map(({ name }) => name);
  });
}
