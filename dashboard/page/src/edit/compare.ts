// Two texts in one view.

import { defaultKeymap, history, historyKeymap } from "@codemirror/commands";
import { unifiedMergeView } from "@codemirror/merge";
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
      unifiedMergeView({ original: theirs, mergeControls: control, gutter: false }),
      EditorView.contentAttributes.of({ "aria-label": `Differences of ${name}` }),
    ],
  });
  view.focus();
  return { text: () => textOf(view.state), destroy: () => view.destroy() };
}
