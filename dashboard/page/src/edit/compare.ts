// Two texts in one view.

import { defaultKeymap, history, historyKeymap } from "@codemirror/commands";
import { unifiedMergeView } from "@codemirror/merge";
import { EditorView, keymap } from "@codemirror/view";
import { common, textOf } from "./codemirror.ts";

export function mountCompare(
  parent: HTMLElement,
  { theirs, mine, name }: { theirs: string; mine: string; name: string },
) {
  const view = new EditorView({
    parent,
    doc: mine,
    extensions: [
      common(name, mine),
      history(),
      keymap.of([...defaultKeymap, ...historyKeymap]),
      unifiedMergeView({ original: theirs, mergeControls: true }),
      EditorView.contentAttributes.of({ "aria-label": `Differences of ${name}` }),
    ],
  });
  view.focus();
  return { text: () => textOf(view.state), destroy: () => view.destroy() };
}
