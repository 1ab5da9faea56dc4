import { useCallback, useEffect, useRef, useState } from "react";
import { HoldfastError, type Stat } from "../../../client/index.ts";
import type { TextFile } from "../preview/useText.ts";
import { exactly } from "../state/format.ts";
import { nameOf, parentOf, placeOf } from "../state/paths.ts";
import { go } from "../state/route.ts";
import { say, sayError } from "../state/toasts.ts";
import { newTurn } from "../state/turns.ts";
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
  /** Told what was saved, while `file` is still what that has replaced. */
  onDone: (saved: { file: TextFile; old: string } | null) => void;
}

/**
 * A file that is edited. Saving is bound to the content that was edited: whoever has changed the file meanwhile loses nothing,
 * and the one who edits chooses. What is typed is kept as a draft until it is saved or given up.
 */
export default function EditorPane({ stat, file, isGone: isMissing, onDone }: EditorPaneProps) {
  const { path, name } = stat;
  const workspace = useWorkspace();
  const { userId } = workspace.client.gateway;
  const [found] = useState(() => drafts.take(userId, path));
  /** What is edited: its text decides whether there is anything to save, its tag is what saving is bound to. */
  const base = useRef({ text: file.text, etag: found?.etag ?? file.etag });
  /** What saving from here has replaced: a file with such a tag is what is still to be looked at anew, and nobody else's. */
  const replaced = useRef(new Set<string>());
  const isOld = replaced.current.has(file.etag);
  const theirs = isOld ? base.current : file;
  const isGone = isMissing && !isOld;
  /** What has been made of both in the comparison; null before anything is typed there. */
  const merged = useRef<string | null>(null);
  const frame = useRef<HTMLDivElement>(null);
  const editor = useRef<Editor | null>(null);
  const [isDirty, setDirty] = useState(found !== null);
  const [isSaving, setSaving] = useState(false);
  const [isComparing, setComparing] = useState(false);
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);

  /** How many moves there had been when the file was surely here. */
  const since = useRef(workspace.moves.count.get());
  /** Something else is where the file was. */
  const isOther = !isGone && theirs.etag !== base.current.etag;
  const stays = useRef(isOther);
  stays.current = isOther;
  /** Where the draft is kept: with the file, which may have been moved; but for another's draft, which is not written over. */
  const kept = useCallback(() => {
    const isHere = stays.current || drafts.isOwn(userId, path);
    return isHere ? path : (workspace.moves.of(path, since.current) ?? path);
  }, [workspace, userId, path]);
  /** What was typed has gone elsewhere. */
  const isLeft = useRef(false);
  const keepDraft = useCallback(() => {
    clearTimeout(timer.current);
    if (isLeft.current) return true;
    const text = merged.current ?? editor.current?.text();
    if (text === undefined) return true;
    const isKept = drafts.put(userId, kept(), { text, etag: base.current.etag, atMs: Date.now() });
    if (!isKept) say("This browser has no room for a draft: save soon", { kind: "error" });
    return isKept;
  }, [userId, kept]);
  const dropDraft = useCallback(() => {
    clearTimeout(timer.current);
    drafts.drop(userId, kept());
  }, [userId, kept]);

  /** Writes a text, if the file is still what `etag` says. */
  const write = useCallback(
    async (text: string, etag: string | null) => {
      setSaving(true);
      try {
        const condition = etag === null ? { ifNoneMatch: "*" } : { ifMatch: etag };
        const body = new Blob([text], { type: "text/plain" });
        const what = `Saved ${name}`;
        const turn = newTurn(what);
        const moves = workspace.moves.count.get();
        const saved = await workspace.client.files.upload(path, body, { turn, ...condition });
        workspace.actions.note({ turn, what, directories: [parentOf(path)] });
        if (etag !== null) replaced.current.add(etag);
        replaced.current.add(base.current.etag);
        const now = saved.etag ?? base.current.etag;
        replaced.current.delete(now);
        base.current = { text, etag: now };
        if (merged.current !== null) {
          editor.current?.replace(merged.current);
          merged.current = null;
        }
        const isStill = editor.current?.text() === text;
        setDirty(!isStill);
        dropDraft();
        since.current = moves;
        if (!isStill) keepDraft();
        setComparing(false);
        workspace.changed([parentOf(path)]);
        return true;
      } catch (cause) {
        // Somebody was faster: looking again shows what they wrote, and the choice.
        if (cause instanceof HoldfastError && cause.isConflict) {
          replaced.current.clear();
          workspace.changed([parentOf(path)]);
        } else sayError(`Saving ${name}`, cause);
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
        const isChanged = merged.current !== null || text() !== base.current.text;
        setDirty(isChanged);
        clearTimeout(timer.current);
        timer.current = setTimeout(isChanged ? keepDraft : dropDraft, DRAFT_AFTER_MS);
      },
    });
    editor.current = made;
    made.view.focus();
    return () => made.destroy();
  }, []);
  useEffect(() => {
    if (isSaving || theirs.etag === base.current.etag) {
      // What was saved here is what is looked at: whatever else comes is from elsewhere.
      if (file.etag === base.current.etag) replaced.current.clear();
      return;
    }
    // Who has changed nothing sees what others have; and so does who has written the same.
    const isSame = !isComparing && editor.current?.text() === theirs.text;
    if (isDirty && !isSame) return;
    base.current = { text: theirs.text, etag: theirs.etag };
    if (!isSame) editor.current?.replace(theirs.text);
    setDirty(false);
    dropDraft();
  }, [file, theirs, isDirty, isSaving, isComparing, dropDraft]);
  useEffect(() => {
    if (!isDirty) return;
    // Cleaned up after a save, too: what is saved is no draft.
    const leave = () => {
      if (merged.current !== null || editor.current?.text() !== base.current.text) keepDraft();
    };
    const ask = (event: BeforeUnloadEvent) => {
      if (!keepDraft()) event.preventDefault();
    };
    addEventListener("beforeunload", ask);
    addEventListener("pagehide", leave);
    return () => {
      removeEventListener("beforeunload", ask);
      removeEventListener("pagehide", leave);
      leave();
    };
  }, [isDirty, keepDraft]);

  const mine = () => merged.current ?? editor.current?.text() ?? "";
  const giveUp = () => {
    const given = mine();
    const { etag } = base.current;
    dropDraft();
    merged.current = null;
    base.current = { text: theirs.text, etag: theirs.etag };
    editor.current?.replace(theirs.text);
    setDirty(false);
    setComparing(false);
    say("Your changes were set aside", {
      action: {
        label: "Bring them back",
        run: () => {
          base.current = { ...base.current, etag };
          drafts.put(userId, kept(), { text: given, etag, atMs: Date.now() });
          editor.current?.replace(given);
        },
      },
    });
  };
  /** Out of the comparison, what was made there is what is edited. */
  const compare = () => {
    if (merged.current !== null) editor.current?.replace(merged.current);
    merged.current = null;
    setComparing(!isComparing);
  };
  const keepMerged = (text: () => string) => {
    merged.current = text();
    clearTimeout(timer.current);
    timer.current = setTimeout(keepDraft, DRAFT_AFTER_MS);
  };
  const movedTo = isGone ? workspace.moves.of(path) : null;
  /** To where the file is now, with what was typed. */
  const follow = () => {
    if (movedTo === null) return;
    if (kept() === path && drafts.isOwn(userId, movedTo)) {
      say(`${nameOf(movedTo)} has changes that are not saved: save or discard them first`, { kind: "error" });
      return;
    }
    dropDraft();
    drafts.put(userId, movedTo, { text: mine(), etag: base.current.etag, atMs: Date.now() });
    isLeft.current = true;
    go({ screen: "files", path: movedTo.slice(workspace.root.length + 1) });
  };
  const isConflict = isDirty && !isSaving && (isGone || theirs.etag !== base.current.etag);
  // What there was to be compared has become one.
  useEffect(() => {
    if (!isComparing || isConflict || isSaving) return;
    if (merged.current !== null) editor.current?.replace(merged.current);
    merged.current = null;
    setComparing(false);
  }, [isComparing, isConflict, isSaving]);
  /** In place of what is there by now, if anything is. */
  const saveAnyway = (text: string) => void write(text, isGone ? null : theirs.etag);
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
        <button
          type="button"
          className="button"
          onClick={() => onDone(isOld ? { file: { ...base.current, isCut: false }, old: file.etag } : null)}
          disabled={isDirty}
        >
          Done
        </button>
      </div>
      {isConflict && (
        <Conflict
          isGone={isGone}
          movedTo={movedTo && placeOf(movedTo, workspace.root)}
          onFollow={follow}
          isComparing={isComparing}
          onCompare={compare}
          onTheirs={giveUp}
          onMine={() => saveAnyway(mine())}
        />
      )}
      {isConflict && isComparing && (
        <Compare
          theirs={theirs.text}
          mine={mine()}
          name={name}
          onChange={keepMerged}
          onSave={(text) => {
            merged.current = text;
            saveAnyway(text);
          }}
        />
      )}
      <div className="code" ref={frame} hidden={isConflict && isComparing} />
    </div>
  );
}
