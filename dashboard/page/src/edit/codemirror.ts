// The editor, set up once for all that show or change text.

import { defaultKeymap, history, historyKeymap, indentWithTab } from "@codemirror/commands";
import {
  bracketMatching,
  defaultHighlightStyle,
  foldGutter,
  foldKeymap,
  HighlightStyle,
  indentOnInput,
  syntaxHighlighting,
} from "@codemirror/language";
import { highlightSelectionMatches, search, searchKeymap } from "@codemirror/search";
import { Compartment, EditorState, type Extension } from "@codemirror/state";
import {
  drawSelection,
  EditorView,
  highlightActiveLine,
  highlightSpecialChars,
  keymap,
  lineNumbers,
} from "@codemirror/view";
import { tags } from "@lezer/highlight";
import { languageOf } from "./languages.ts";

/** A text longer than this is shown without highlighting: what is typed has to appear at once. */
const HIGHLIGHTED_MAX_CHARS = 1_000_000;

/** The colors are the style sheet's, so light and dark need nothing here. */
const theme = EditorView.theme({
  "&": { height: "100%", fontSize: "13px", backgroundColor: "transparent", color: "var(--text)" },
  "&.cm-focused": { outline: "none" },
  ".cm-scroller": { fontFamily: "var(--mono)", lineHeight: "1.55", overflow: "auto" },
  ".cm-content": { caretColor: "var(--accent)", padding: "10px 0" },
  ".cm-gutters": { backgroundColor: "transparent", color: "var(--faint)", border: "none" },
  ".cm-activeLine, .cm-activeLineGutter": { backgroundColor: "var(--hover)" },
  ".cm-cursor": { borderLeftColor: "var(--accent)" },
  "&.cm-focused > .cm-scroller > .cm-selectionLayer .cm-selectionBackground, .cm-selectionBackground": {
    backgroundColor: "var(--selection) !important",
  },
  ".cm-panels": { backgroundColor: "var(--raised)", color: "var(--text)", borderColor: "var(--line)" },
  ".cm-searchMatch": { backgroundColor: "var(--mark)" },
  ".cm-deletedChunk": { backgroundColor: "var(--removed)" },
  ".cm-changedLine": { backgroundColor: "var(--added) !important" },
  ".cm-foldPlaceholder": { backgroundColor: "var(--hover)", border: "none", color: "var(--quiet)" },
});

const colors = HighlightStyle.define([
  { tag: [tags.keyword, tags.modifier, tags.operatorKeyword], color: "var(--code-keyword)" },
  { tag: [tags.string, tags.special(tags.string), tags.regexp], color: "var(--code-string)" },
  { tag: [tags.number, tags.bool, tags.null, tags.atom], color: "var(--code-number)" },
  { tag: [tags.comment, tags.meta], color: "var(--code-comment)", fontStyle: "italic" },
  { tag: [tags.function(tags.variableName), tags.definition(tags.variableName)], color: "var(--code-name)" },
  { tag: [tags.typeName, tags.className, tags.tagName], color: "var(--code-type)" },
  { tag: [tags.propertyName, tags.attributeName], color: "var(--code-name)" },
  { tag: tags.heading, color: "var(--text)", fontWeight: "600" },
  { tag: tags.emphasis, fontStyle: "italic" },
  { tag: tags.strong, fontWeight: "600" },
  { tag: [tags.link, tags.url], color: "var(--accent-text)" },
]);

export interface EditorOptions {
  text: string;
  name: string;
  isReadOnly: boolean;
  onChange?: (text: () => string) => void;
  onSave?: () => void;
}

export interface Editor {
  readonly view: EditorView;
  text(): string;
  /** Puts another text in place of the old; the cursor stays as near as it can. */
  replace(text: string): void;
  destroy(): void;
}

/** What every view of a text has. */
export function common(name: string, text: string): Extension[] {
  const language = new Compartment();
  const load = text.length <= HIGHLIGHTED_MAX_CHARS ? languageOf(name) : undefined;
  return [
    lineNumbers(),
    foldGutter(),
    highlightSpecialChars(),
    drawSelection(),
    bracketMatching(),
    highlightSelectionMatches(),
    search({ top: true }),
    syntaxHighlighting(colors),
    syntaxHighlighting(defaultHighlightStyle, { fallback: true }),
    EditorView.lineWrapping,
    // A file keeps the ends of its lines.
    EditorState.lineSeparator.of(separatorOf(text)),
    theme,
    language.of([]),
    load ? loadInto(language, load) : [],
  ];
}

/** Puts a language into its place once it is there. */
function loadInto(language: Compartment, load: () => Promise<Extension>): Extension {
  let isAsked = false;
  return EditorView.updateListener.of(({ view }) => {
    if (isAsked) return;
    isAsked = true;
    load().then(
      (extension) => view.dispatch({ effects: language.reconfigure(extension) }),
      () => undefined, // it stays without colors
    );
  });
}

export function mountEditor(parent: HTMLElement, options: EditorOptions): Editor {
  const { text, name, isReadOnly, onChange, onSave } = options;
  const onSaveKey = () => {
    onSave?.();
    return true;
  };
  const editable = [
    history(),
    indentOnInput(),
    highlightActiveLine(),
    keymap.of([
      { key: "Mod-s", preventDefault: true, run: onSaveKey },
      ...defaultKeymap,
      ...historyKeymap,
      indentWithTab,
    ]),
    EditorView.updateListener.of((update) => {
      if (update.docChanged) onChange?.(() => textOf(update.state));
    }),
  ];
  const view = new EditorView({
    parent,
    state: EditorState.create({
      doc: text,
      extensions: [
        keymap.of([...searchKeymap, ...foldKeymap]),
        common(name, text),
        EditorView.contentAttributes.of({ "aria-label": name }),
        isReadOnly ? [EditorState.readOnly.of(true), EditorView.contentAttributes.of({ tabindex: "0" })] : editable,
        isReadOnly ? EditorView.editable.of(false) : [],
      ],
    }),
  });
  view.dispatch({});
  return {
    view,
    text: () => textOf(view.state),
    replace: (next) => {
      const { head } = view.state.selection.main;
      const insert = view.state.toText(next);
      const selection = { anchor: Math.min(head, insert.length) };
      view.dispatch({ changes: { from: 0, to: view.state.doc.length, insert }, selection });
    },
    destroy: () => view.destroy(),
  };
}

/** The one line ending that a text uses; `\n` for one that uses several, which are kept as they are. */
function separatorOf(text: string): string {
  const windows = text.match(/\r\n/g)?.length ?? 0;
  const all = text.match(/\n/g)?.length ?? 0;
  return windows > 0 && windows === all ? "\r\n" : "\n";
}

export function textOf(state: EditorState): string {
  return state.sliceDoc();
}
