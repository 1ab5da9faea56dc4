import { useCallback, useEffect, useRef, useState } from "react";
import { HoldfastError, type Stat } from "../../../client/index.ts";
import type { TextFile } from "../preview/useText.ts";
import { newTurn } from "../state/actions.ts";
import { exactly } from "../state/format.ts";
import { parentOf } from "../state/paths.ts";
import { say, sayError } from "../state/toasts.ts";
import { useWorkspace } from "../state/workspace.ts";
import { Compare } from "./Compare.tsx";
import { Conflict } from "./Conflict.tsx";
import { type Editor, mountEditor } from "./codemirror.ts";
import { drafts } from "./drafts.ts";

const DRAFT_AFTER_MS = 300;

interface EditorPaneProps {
  stat: Stat;
  /** What the file is now, as far as is known. */
  file: TextFile;
  isGone: boolean;
  onDone: () => void;
}

/**
 * A file that is edited. Saving is bound to the content that was edited: whoever has changed the file meanwhile loses nothing,
 * and the one who edits chooses. What is typed is kept as a draft until it is saved or given up.
 */
export default function EditorPane({ stat, file, isGone, onDone }: EditorPaneProps) {
  const { path, name } = stat;
  const workspace = useWorkspace();
  const { userId } = workspace.client.gateway;
  const [found] = useState(() => drafts.get(userId, path));
  /** What is edited: its text decides whether there is anything to save, its tag is what saving is bound to. */
  const base = useRef({ text: file.text, etag: found?.etag ?? file.etag });
  const frame = useRef<HTMLDivElement>(null);
  const editor = useRef<Editor | null>(null);
  const [isDirty, setDirty] = useState(found !== null);
  const [isSaving, setSaving] = useState(false);
  const [isComparing, setComparing] = useState(false);
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);

  const keepDraft = useCallback(() => {
    clearTimeout(timer.current);
    const text = editor.current?.text();
    if (text === undefined) return;
    if (!drafts.put(userId, path, { text, etag: base.current.etag, atMs: Date.now() }))
      say("This browser has no room for a draft: save soon", { kind: "error" });
  }, [userId, path]);
  const dropDraft = useCallback(() => {
    clearTimeout(timer.current);
    drafts.drop(userId, path);
  }, [userId, path]);

  /** Writes a text, if the file is still what `etag` says. */
  const write = useCallback(
    async (text: string, etag: string | null) => {
      setSaving(true);
      try {
        const condition = etag === null ? { ifNoneMatch: "*" } : { ifMatch: etag };
        const body = new Blob([text], { type: "text/plain" });
        const saved = await workspace.client.files.upload(path, body, { turn: newTurn(), ...condition });
        base.current = { text, etag: saved.etag ?? base.current.etag };
        const isStill = editor.current?.text() === text;
        setDirty(!isStill);
        if (isStill) dropDraft();
        else keepDraft();
        setComparing(false);
        workspace.changed([parentOf(path)]);
        return true;
      } catch (cause) {
        // Somebody was faster: looking again shows what they wrote, and the choice.
        if (cause instanceof HoldfastError && cause.isConflict) workspace.changed([parentOf(path)]);
        else sayError(`Saving ${name}`, cause);
        return false;
      } finally {
        setSaving(false);
      }
    },
    [workspace, path, name, dropDraft, keepDraft],
  );
  const save = useCallback(() => {
    const text = editor.current?.text();
    if (text === undefined || text === base.current.text) return;
    void write(text, base.current.etag);
  }, [write]);
  const latest = useRef(save);
  latest.current = save;

  // biome-ignore lint/correctness/useExhaustiveDependencies: one editor for as long as the pane is there
  useEffect(() => {
    if (!frame.current) return;
    const made = mountEditor(frame.current, {
      text: found?.text ?? file.text,
      name,
      isReadOnly: false,
      onSave: () => latest.current(),
      onChange: (text) => {
        const isChanged = text() !== base.current.text;
        setDirty(isChanged);
        clearTimeout(timer.current);
        timer.current = setTimeout(isChanged ? keepDraft : dropDraft, DRAFT_AFTER_MS);
      },
    });
    editor.current = made;
    made.view.focus();
    return () => made.destroy();
  }, []);
  // Who has changed nothing sees what others have.
  useEffect(() => {
    if (isDirty || isSaving || file.etag === base.current.etag) return;
    base.current = { text: file.text, etag: file.etag };
    if (editor.current && editor.current.text() !== file.text) editor.current.replace(file.text);
  }, [file, isDirty, isSaving]);
  useEffect(() => {
    if (!isDirty) return;
    const leave = () => keepDraft();
    addEventListener("pagehide", leave);
    return () => {
      removeEventListener("pagehide", leave);
      leave();
    };
  }, [isDirty, keepDraft]);

  const giveUp = () => {
    const mine = editor.current?.text() ?? "";
    const { etag } = base.current;
    dropDraft();
    base.current = { text: file.text, etag: file.etag };
    editor.current?.replace(file.text);
    setDirty(false);
    setComparing(false);
    say("Your changes were set aside", {
      action: {
        label: "Bring them back",
        run: () => {
          base.current = { ...base.current, etag };
          drafts.put(userId, path, { text: mine, etag, atMs: Date.now() });
          editor.current?.replace(mine);
        },
      },
    });
  };
  const isConflict = isDirty && !isSaving && (isGone || file.etag !== base.current.etag);
  const mine = () => editor.current?.text() ?? "";
  return (
    <div className="editor">
      <div className="view-bar">
        <span className="view-note" role="status">
          {isSaving ? "Saving…" : isDirty ? "Not saved yet" : "Saved"}
          {found && isDirty && ` · draft of ${exactly(found.atMs)}`}
        </span>
        {isDirty && !isConflict && (
          <button type="button" className="button" onClick={giveUp}>
            Discard
          </button>
        )}
        <button type="button" className="button primary" disabled={!isDirty || isSaving || isConflict} onClick={save}>
          Save
        </button>
        <button type="button" className="button" onClick={onDone} disabled={isDirty}>
          Done
        </button>
      </div>
      {isConflict && (
        <Conflict
          isGone={isGone}
          isComparing={isComparing}
          onCompare={() => setComparing(!isComparing)}
          onTheirs={giveUp}
          onMine={() => void write(mine(), isGone ? null : file.etag)}
        />
      )}
      {isConflict && isComparing && (
        <Compare
          theirs={file.text}
          mine={mine()}
          name={name}
          onSave={async (text) => {
            if (await write(text, file.etag)) editor.current?.replace(text);
          }}
        />
      )}
      <div className="code" ref={frame} hidden={isConflict && isComparing} />
    </div>
  );
}
