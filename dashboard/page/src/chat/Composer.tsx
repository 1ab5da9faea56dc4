import { type ClipboardEvent, type FormEvent, type KeyboardEvent, useRef, useState } from "react";
import { newTurn } from "../state/actions.ts";
import { size } from "../state/format.ts";
import { whyOf } from "../state/toasts.ts";
import { useWorkspace } from "../state/workspace.ts";
import { Icon, IconButton } from "../ui/Icon.tsx";
import { attach, messageOf } from "./attach.ts";

/** A file that goes with the message. */
interface Attachment {
  id: number;
  file: File;
  sent: number;
  /** Where it is, once it is there. */
  path?: string;
  error?: string;
}

/** Where a message is written. Its files are sent first; what could not be sent stays, to be sent again. */
export function Composer({ isReady, onSend }: { isReady: boolean; onSend: (text: string) => Promise<void> }) {
  const { client, root } = useWorkspace();
  const [text, setText] = useState("");
  const [attachments, setAttachments] = useState<readonly Attachment[]>([]);
  const [stop, setStop] = useState<AbortController | null>(null);
  const made = useRef(0);
  const picker = useRef<HTMLInputElement>(null);
  const isBusy = stop !== null;

  const add = (files: Iterable<File>) => {
    const added = [...files].map((file): Attachment => {
      made.current += 1;
      return { id: made.current, file, sent: 0 };
    });
    setAttachments((all) => [...all, ...added]);
  };
  const set = (id: number, change: Partial<Attachment>) =>
    setAttachments((all) => all.map((each) => (each.id === id ? { ...each, ...change } : each)));

  const send = async (event?: FormEvent) => {
    event?.preventDefault();
    if (isBusy || !isReady || (text.trim() === "" && attachments.length === 0)) return;
    const stopping = new AbortController();
    setStop(stopping);
    const turn = newTurn();
    const paths: string[] = [];
    for (const { id, file, path } of attachments) {
      try {
        const onProgress = ({ sent }: { sent: number }) => set(id, { sent });
        const there = path ?? (await attach(client, root, file, { turn, signal: stopping.signal, onProgress }));
        set(id, { path: there, sent: file.size });
        paths.push(there);
      } catch (cause) {
        set(id, { sent: 0, ...(stopping.signal.aborted ? {} : { error: whyOf(cause) }) });
        setStop(null);
        return;
      }
    }
    const message = messageOf(text.trim(), paths);
    setText("");
    setAttachments([]);
    setStop(null);
    await onSend(message);
  };
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key !== "Enter" || event.shiftKey || event.nativeEvent.isComposing) return;
    event.preventDefault();
    void send();
  };
  const onPaste = ({ clipboardData }: ClipboardEvent) => {
    if (clipboardData.files.length > 0) add(clipboardData.files);
  };
  return (
    <form className="composer" onSubmit={(event) => void send(event)}>
      {attachments.length > 0 && (
        <ul className="attachments" aria-label="Attached files">
          {attachments.map(({ id, file, sent, error }) => (
            <li key={id}>
              <Icon name="file" />
              <span className="name" dir="auto">
                {file.name}
              </span>
              <span className={error ? "problem" : "quiet"}>{error ?? size(file.size)}</span>
              {isBusy && <progress value={sent} max={Math.max(file.size, 1)} aria-label={`Sending ${file.name}`} />}
              {!isBusy && (
                <IconButton
                  icon="close"
                  label={`Remove ${file.name}`}
                  onClick={() => setAttachments((all) => all.filter((each) => each.id !== id))}
                />
              )}
            </li>
          ))}
        </ul>
      )}
      <div className="composer-line">
        <IconButton icon="plus" label="Attach files" onClick={() => picker.current?.click()} />
        <input
          ref={picker}
          type="file"
          multiple
          hidden
          aria-label="Files to attach"
          onChange={({ target }) => {
            add(target.files ?? []);
            target.value = "";
          }}
        />
        <textarea
          className="input"
          aria-label="Message"
          placeholder="Say something to your agent"
          rows={1}
          value={text}
          onChange={({ target }) => setText(target.value)}
          onKeyDown={onKeyDown}
          onPaste={onPaste}
        />
        {isBusy ? (
          <button type="button" className="button" onClick={() => stop.abort()}>
            Cancel
          </button>
        ) : (
          <button type="submit" className="button primary" disabled={!isReady}>
            Send
          </button>
        )}
      </div>
    </form>
  );
}
