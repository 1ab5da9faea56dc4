// A page as it is written for the file context: it knows `FileProvider` and `useFiles`, and nothing behind them.

import { Component, createElement as h } from "react";
import { createRoot } from "react-dom/client";
import { FileProvider, useFiles, useWatch } from "../../dashboard/client/react/files.ts";

/** What the last drawing was given, for the test to look at and to call. */
const seen = { context: null, drawn: [], news: 0, errors: [], failure: "" };
globalThis.seen = seen;

function Page() {
  const context = useFiles();
  seen.context = context;
  seen.drawn.push(context.files.map(({ name }) => name).join());
  if (context.error) seen.errors.push(context.error);
  useWatch(context.currentPath, () => {
    seen.news += 1;
    void context.refresh();
  });
  const { files, isLoading, error, currentPath } = context;
  return h("ul", { "data-path": currentPath, "data-state": isLoading ? "loading" : (error ?? "idle") }, [
    ...files.map(({ name, path }) => h("li", { key: path }, name)),
  ]);
}

/** Shows what becomes of a component outside of the provider. */
class Fence extends Component {
  static getDerivedStateFromError(error) {
    seen.failure = error.message;
    return { isDown: true };
  }
  state = { isDown: false };
  render() {
    return this.state.isDown ? null : h(Page);
  }
}

let root;
/** Again with another URL, as a host does that renews it or whose user changes. */
globalThis.show = (gatewayUrl) => {
  root ??= createRoot(document.body.appendChild(document.createElement("main")));
  root.render([h(Fence, { key: "fence" }), h(FileProvider, { key: "provider", gatewayUrl }, h(Page))]);
};
