// What a page, an app or a backend imports.

export type { ChatEvent, ChatLine, ChatLineState } from "./chat-line.ts";
export { type ChatMessage, type ChatSession, type Chats, isSameChat, textOfMessage } from "./chats.ts";
export { connect, type Holdfast } from "./connect.ts";
export { HoldfastError } from "./error.ts";
export type { Files, TaggedListing } from "./files.ts";
export { type Gateway, parseGateway } from "./gateway.ts";
export type { History } from "./history.ts";
export type { CallOptions, ChangeOptions, ConnectOptions } from "./http.ts";
export type { Media, MediaQuery } from "./media.ts";
export type { Publish, PublishOptions } from "./publish.ts";
export type { SearchOptions, Store } from "./store.ts";
export type * from "./types.ts";
export type * from "./types-published.ts";
export type { Progress, UploadOptions } from "./upload.ts";
export type { News, Watch, WatchOptions, WatchState } from "./watch.ts";
