// Two texts in one view.

import { defaultKeymap, history, historyKeymap } from "@codemirror/commands";
import { getOriginalDoc, originalDocChangeEffect, unifiedMergeView } from "@codemirror/merge";
import { ChangeSet } from "@codemirror/state";
import { EditorView, keymap } from "@codemirror/view";
import { common, textOf } from "./codemirror.ts";

/** What is done with one difference, by a button of the page's own. */
function control(deed: "accept" | "reject", run: (event: MouseEvent) => void): HTMLElement {
  const button = document.createElement("button");
  button.type = "button";
  button.textContent = deed === "accept" ? "Mine" : "Theirs";
  button.onmousedown = run;
  // By the keyboard it is a click without a mouse.
  button.onclick = (event) => event.detail === 0 && run(event);
  return button;
}

export interface CompareOptions {
  theirs: string;
  mine: string;
  name: string;
  onChange: (text: () => string) => void;
}

export function mountCompare(parent: HTMLElement, { theirs, mine, name, onChange }: CompareOptions) {
  const view = new EditorView({
    parent,
    doc: mine,
    extensions: [
      common(name, mine),
      history(),
      keymap.of([...defaultKeymap, ...historyKeymap]),
      unifiedMergeView({ original: theirs, mergeControls: control, gutter: false }),
      EditorView.contentAttributes.of({ "aria-label": `Differences of ${name}` }),
      EditorView.updateListener.of((update) => {
        if (update.docChanged) onChange(() => textOf(update.state));
      }),
    ],
  });
  view.focus();
  return {
    text: () => textOf(view.state),
    /** Compares with what theirs is by now; what was typed stays. */
    setTheirs: (next: string) => {
      const before = getOriginalDoc(view.state);
      const change = { from: 0, to: before.length, insert: view.state.toText(next) };
      view.dispatch({ effects: originalDocChangeEffect(view.state, ChangeSet.of(change, before.length)) });
    },
    destroy: () => view.destroy(),
  };
}
