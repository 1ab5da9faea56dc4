// The page `/d/{id}`: who visits, what is there, and what can be done with it.

import { Api, Failed, sentenceOf } from "./access/api.ts";
import { accessForm } from "./access/form.ts";
import { Access, arrive } from "./access/gateway.ts";
import { Bundle } from "./desktop/bundle.ts";
import { ForkDialog } from "./desktop/fork.ts";
import { readDesktop, readManifest } from "./desktop/row.ts";
import { apps, hero } from "./desktop/view.ts";
import { FileBrowser } from "./files/browser.ts";
import { ofManifest, ofSnapshot } from "./files/listing.ts";
import { RunPanel } from "./run/panel.ts";
import { button, el, fill, visible } from "./ui/dom.ts";

const { root = "/root/clawd", origins = "" } = document.body.dataset;
// Before anything else: the address may hold a credential.
const arrival = arrive(origins.split(" "));
const access = new Access(arrival.gateway);
const api = new Api(access);
const page = document.querySelector("main") ?? document.body;
const id = location.pathname.split("/")[2] ?? "";

document.querySelector("#return")?.setAttribute("href", arrival.returnTo);
void show();

async function show(): Promise<void> {
  try {
    await showDesktop();
  } catch (error) {
    if (error instanceof Failed && (error.status === 404 || error.isRefusal)) showNothing(error);
    else showFailure(error);
  }
}

async function showDesktop(): Promise<void> {
  const at = `/api/desktops/${encodeURIComponent(id)}`;
  const desktop = readDesktop(await (await api.look(at)).json());
  const version: Record<string, string> = desktop.version === "" ? {} : { version: desktop.version };
  const manifest = readManifest(await (await api.look(`${at}/manifest`, version)).json());
  document.title = `${visible(desktop.title)} · Holdfast`;

  const bundle = new Bundle(api, desktop);
  // A manifest without files is an older one: then the snapshot itself says what is in it.
  const listing = manifest.files.length > 0 ? ofManifest(manifest.files) : ofSnapshot(await bundle.tree());
  const files = new FileBrowser(bundle, desktop.sizeBytes, listing);
  const dialog = new ForkDialog(access, api, desktop, root, arrival.returnTo);
  const panel = new RunPanel(bundle, () => setRunning(false));
  const setRunning = (isRunning: boolean) => document.querySelector("#run")?.toggleAttribute("disabled", isRunning);
  const run = () => {
    setRunning(true);
    void panel.start();
  };
  const top = hero(desktop, { run, fork: () => void dialog.open() });
  fill(
    page,
    top,
    panel.element,
    apps(manifest.apps, (path) => void files.reveal(path)),
    files.element,
  );
}

/** Private and missing look the same, until somebody says who they are. */
function showNothing(error: Failed): void {
  fill(
    page,
    el(
      "section",
      { class: "panel nothing" },
      el("h1", {}, "Nothing to see here"),
      el(
        "p",
        {},
        "There is no desktop at this address, or its owner keeps it private. If it is yours, say who you are.",
      ),
      error.isRefusal && el("p", { class: "wrong", role: "alert" }, error.sentence),
      accessForm(access, () => {
        fill(page, el("p", { class: "quiet-text", role: "status" }, "Looking for this desktop…"));
        void show();
      }),
    ),
  );
}

function showFailure(error: unknown): void {
  fill(
    page,
    el(
      "section",
      { class: "panel nothing" },
      el("h1", {}, "This did not work"),
      el("p", { role: "alert" }, sentenceOf(error)),
      button("Try again", () => void show()),
    ),
  );
}
