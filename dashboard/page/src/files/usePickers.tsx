import { type ReactNode, useRef } from "react";
import { chosen } from "../state/incoming.ts";
import { useWorkspace } from "../state/workspace.ts";

export interface Pickers {
  pickFiles: () => void;
  pickFolder: () => void;
}

/** The browser's own dialogs for what is uploaded to a directory; `inputs` are drawn once, anywhere. */
export function usePickers(directory: string): Pickers & { inputs: ReactNode } {
  const { uploads } = useWorkspace();
  const files = useRef<HTMLInputElement>(null);
  const folder = useRef<HTMLInputElement>(null);
  const taken = ({ target }: { target: HTMLInputElement }) => {
    void uploads.add(chosen(target.files ?? [], directory));
    target.value = "";
  };
  const inputs = (
    <>
      <input ref={files} type="file" multiple hidden aria-label="Files to upload" onChange={taken} />
      <input
        ref={folder}
        type="file"
        hidden
        aria-label="Folder to upload"
        {...{ webkitdirectory: "" }}
        onChange={taken}
      />
    </>
  );
  return { inputs, pickFiles: () => files.current?.click(), pickFolder: () => folder.current?.click() };
}
