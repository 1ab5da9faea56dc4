// The client: one gateway URL in, every route of the Worker out.

import { Chats } from "./chats.ts";
import { Files } from "./files.ts";
import type { Gateway } from "./gateway.ts";
import { History } from "./history.ts";
import { type ConnectOptions, Http } from "./http.ts";
import { Media } from "./media.ts";
import { Publish } from "./publish.ts";
import { Store } from "./store.ts";
import { type News, type Watch, type WatchOptions, watch } from "./watch.ts";
import { Whole } from "./whole.ts";

export interface Holdfast {
  readonly chats: Chats;
  readonly files: Files;
  readonly history: History;
  readonly media: Media;
  readonly publish: Publish;
  readonly store: Store;
  readonly workspace: Whole;
  /** Whose workspace this is, and until when; not for showing: it holds the signature. */
  readonly gateway: Gateway;
  /** Is called with what changes at or below a path, until it is stopped. */
  watch(path: string, onNews: (news: News) => void, options?: WatchOptions): Watch;
}

/** A client of the workspace that a gateway URL opens: `wss://HOST/ws?userId=…&exp=…&sig=…`. Nothing is sent yet. */
export function connect(gatewayUrl: string, options: ConnectOptions = {}): Holdfast {
  const http = new Http(gatewayUrl, options);
  return {
    chats: new Chats(http),
    files: new Files(http),
    history: new History(http),
    media: new Media(http),
    publish: new Publish(http),
    store: new Store(http),
    workspace: new Whole(http),
    get gateway() {
      return http.gateway;
    },
    watch: (path, onNews, more) => watch(http, path, onNews, more),
  };
}
