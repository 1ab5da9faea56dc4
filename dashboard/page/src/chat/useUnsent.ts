import { useCallback, useEffect } from "react";
import { draggedPaths } from "../files/drag.ts";
import { dropped } from "../state/incoming.ts";
import { nameOf, parentOf } from "../state/paths.ts";
import { useStore } from "../state/store.ts";
import { sayError, whyOf } from "../state/toasts.ts";
import { newTurn } from "../state/turns.ts";
import type { Attachment } from "../state/unsent.ts";
import { useWorkspace } from "../state/workspace.ts";
import { attach, canBeNamed, messageOf } from "./attach.ts";

/** So many files go with one message: each is a line of it. */
const MOST = 50;
let made = 0;

/** The next message of a chat, with what goes along: chosen, pasted, dropped, or handed over from the files. */
export function useUnsent(sessionKey: string) {
  const workspace = useWorkspace();
  const { client, root, handed, listings } = workspace;
  const unsent = workspace.unsent.next(sessionKey);
  const { text, attachments } = useStore(unsent);
  const waiting = useStore(handed);

  const put = useCallback(
    (added: readonly Pick<Attachment, "name" | "file" | "path" | "type">[]) => {
      const { attachments: before } = unsent.get();
      const known = new Set(before.flatMap(({ path }) => path ?? []));
      const fresh = added.filter(({ path }) => path === undefined || !known.has(path));
      const room = MOST - before.length;
      if (fresh.length > room) sayError("Attaching", new Error(`up to ${MOST} files go with one message`));
      const fits = fresh.slice(0, room).map((each) => {
        made += 1;
        return { ...each, id: made, sent: 0 };
      });
      unsent.set((now) => ({ ...now, attachments: [...now.attachments, ...fits] }));
    },
    [unsent],
  );
  const addFiles = (files: Iterable<File>) => put([...files].map((file) => ({ name: file.name, file })));
  const addPaths = useCallback(
    (paths: readonly string[]) => {
      for (const path of paths.filter((path) => !canBeNamed(path)))
        sayError(`Attaching ${nameOf(path)}`, new Error("a name with [ or ] in it cannot be named in a message"));
      const typeOf = (path: string) =>
        listings
          .of(parentOf(path))
          .get()
          .entries?.find((entry) => entry.path === path)?.type ?? "file";
      put(paths.filter(canBeNamed).map((path) => ({ name: nameOf(path), path, type: typeOf(path) })));
    },
    [put, listings],
  );
  // Whoever looks at a chat takes what was handed over.
  useEffect(() => {
    if (waiting.length === 0) return;
    handed.set([]);
    addPaths(waiting);
  }, [waiting, handed, addPaths]);

  const set = (id: number, change: Partial<Attachment>) =>
    unsent.set((now) => ({
      ...now,
      attachments: now.attachments.map((each) => (each.id === id ? { ...each, ...change } : each)),
    }));

  /**
   * Uploads what has to be. The answer is the message; null if something failed, which is said beside it. What is added meanwhile stays,
   * for the next one.
   */
  const seal = async (signal: AbortSignal): Promise<string | null> => {
    const what = "Attached files to a message";
    const turn = newTurn(what);
    const paths: string[] = [];
    for (const { id, file, path } of attachments) {
      if (path !== undefined || file === undefined) {
        if (path !== undefined) paths.push(path);
        continue;
      }
      try {
        const onProgress = ({ sent }: { sent: number }) => set(id, { sent });
        const there = await attach(client, root, file, { turn, signal, onProgress });
        set(id, { path: there, sent: file.size });
        paths.push(there);
        workspace.actions.note({ turn, what, directories: [parentOf(there)] });
      } catch (cause) {
        set(id, { sent: 0, ...(signal.aborted ? {} : { error: whyOf(cause) }) });
        return null;
      }
    }
    const sealed = new Set(attachments.map(({ id }) => id));
    unsent.set((now) => ({
      text: now.text.startsWith(text) ? now.text.slice(text.length).trimStart() : now.text,
      attachments: now.attachments.filter(({ id }) => !sealed.has(id)),
    }));
    return messageOf(text.trim(), paths);
  };
  return {
    text,
    attachments,
    setText: (next: string) => unsent.set((now) => ({ ...now, text: next })),
    addFiles,
    remove: (id: number) =>
      unsent.set((now) => ({ ...now, attachments: now.attachments.filter((each) => each.id !== id) })),
    seal,
    /** Attaches what is dropped: files, all that is in folders, and entries of the workspace as they are. */
    drop: async (data: DataTransfer) => {
      if (!data.types.includes("Files")) return addPaths(draggedPaths(workspace, data));
      try {
        const { files, refused } = await dropped(data, "");
        for (const { path, why } of refused) sayError(`Attaching ${nameOf(path)}`, new Error(why));
        addFiles(files.map(({ file }) => file));
      } catch (cause) {
        sayError("Reading what was dropped", cause);
      }
    },
  };
}

export type NextMessage = ReturnType<typeof useUnsent>;
