import { type FormEvent, type KeyboardEvent, useEffect, useLayoutEffect, useRef, useState } from "react";
import { iconOf } from "../files/kinds.ts";
import { size } from "../state/format.ts";
import { visible } from "../state/paths.ts";
import { Icon, IconButton } from "../ui/Icon.tsx";
import type { NextMessage } from "./useUnsent.ts";

interface ComposerProps {
  isReady: boolean;
  next: NextMessage;
  onSend: (text: string) => Promise<void>;
}

/** Where a message is written. Its files are sent first; what could not be sent stays, to be sent again. */
export function Composer({ isReady, next, onSend }: ComposerProps) {
  const [stop, setStop] = useState<AbortController | null>(null);
  const picker = useRef<HTMLInputElement>(null);
  const field = useRef<HTMLTextAreaElement>(null);
  const { text, attachments, setText, addFiles, seal } = next;
  const isBusy = stop !== null;
  const isEmpty = text.trim() === "" && attachments.length === 0;

  // As high as what is in it, up to what the style sheet allows; for browsers that do not do that by themselves.
  // biome-ignore lint/correctness/useExhaustiveDependencies: another text is another height
  useLayoutEffect(() => {
    if (!field.current || CSS.supports("field-sizing", "content")) return;
    field.current.style.height = "auto";
    field.current.style.height = `${field.current.scrollHeight + 2}px`;
  }, [text]);

  // Whoever goes elsewhere meanwhile finds the message as it was.
  useEffect(() => () => stop?.abort(), [stop]);

  const send = async (event?: FormEvent) => {
    event?.preventDefault();
    if (isBusy || !isReady || isEmpty) return;
    const stopping = new AbortController();
    setStop(stopping);
    const message = await seal(stopping.signal);
    setStop(null);
    if (message !== null) await onSend(message);
  };
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key !== "Enter" || event.shiftKey || event.nativeEvent.isComposing) return;
    event.preventDefault();
    void send();
  };
  return (
    <form className="composer" onSubmit={(event) => void send(event)}>
      {attachments.length > 0 && <Attached next={next} isBusy={isBusy} />}
      <div className="composer-line">
        <IconButton icon="plus" label="Attach files" onClick={() => picker.current?.click()} />
        <input
          ref={picker}
          type="file"
          multiple
          hidden
          aria-label="Files to attach"
          onChange={({ target }) => {
            addFiles(target.files ?? []);
            target.value = "";
          }}
        />
        <textarea
          ref={field}
          className="input"
          aria-label="Message"
          placeholder="Say something to your agent"
          rows={1}
          value={text}
          onChange={({ target }) => setText(target.value)}
          onKeyDown={onKeyDown}
          onPaste={(event) => {
            if (event.clipboardData.files.length === 0) return;
            event.preventDefault();
            addFiles(event.clipboardData.files);
          }}
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

/** The files that go with the message, each with how far it is. */
function Attached({ next: { attachments, remove }, isBusy }: { next: NextMessage; isBusy: boolean }) {
  return (
    <ul className="attachments" aria-label="Attached files">
      {attachments.map(({ id, name, type = "file", file, sent, error }) => (
        <li key={id}>
          <Icon name={iconOf({ name, type })} className={type === "directory" ? "folder-icon" : "file-icon"} />
          <span className="name" dir="auto" title={visible(name)}>
            {visible(name)}
          </span>
          <span className={error ? "problem" : "quiet"}>
            {error ?? (file ? size(file.size) : type === "directory" ? "a folder of yours" : "from your files")}
          </span>
          {isBusy && file && <progress value={sent} max={Math.max(file.size, 1)} aria-label={`Sending ${name}`} />}
          {!isBusy && <IconButton icon="close" label={`Remove ${visible(name)}`} onClick={() => remove(id)} />}
        </li>
      ))}
    </ul>
  );
}
