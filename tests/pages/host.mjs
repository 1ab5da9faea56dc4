// A host's page: it has the signed URL, and apps in frames that have not.

import { attachBridge } from "../../dashboard/client/bridge.ts";
import { connect } from "../../dashboard/client/index.ts";

/** What apps have asked to be installed. */
globalThis.installs = [];

globalThis.attach = (gatewayUrl, origins) => {
  globalThis.bridge = attachBridge(window, connect(gatewayUrl), {
    origins,
    scopeOf: () => ({ desktopId: "main" }),
    onInstall: (appId) => globalThis.installs.push(appId),
  });
};

/** Opens an app, as desktops do: what it is, is in its address. */
globalThis.openApp = (url) => {
  const frame = document.createElement("iframe");
  frame.src = url;
  document.body.append(frame);
  return new Promise((resolve) => {
    frame.onload = () => resolve(true);
  });
};
