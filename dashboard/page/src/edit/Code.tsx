import { useEffect, useRef } from "react";
import { type Editor, mountEditor } from "./codemirror.ts";

/** A text to be read, with its colors. */
export default function Code({ text, name }: { text: string; name: string }) {
  const frame = useRef<HTMLDivElement>(null);
  const editor = useRef<Editor | null>(null);
  // biome-ignore lint/correctness/useExhaustiveDependencies: a new text goes into the editor that is there
  useEffect(() => {
    if (!frame.current) return;
    editor.current = mountEditor(frame.current, { text, name, isReadOnly: true });
    return () => editor.current?.destroy();
  }, [name]);
  useEffect(() => {
    if (editor.current && editor.current.text() !== text) editor.current.replace(text);
  }, [text]);
  return <div className="code" ref={frame} />;
}
