// What a page, an app or a backend imports.

export type { ChatEvent, ChatLine, ChatLineOptions, ChatLineState } from "./chat-line.ts";
export { type Chats, isSameChat, textOfMessage } from "./chats.ts";
export { connect, type Holdfast } from "./connect.ts";
export { HoldfastError } from "./error.ts";
export type {
  ChangesOptions,
  ContentOptions,
  Files,
  ListOptions,
  LookOptions,
  TaggedListing,
  WriteOptions,
} from "./files.ts";
export { type Gateway, parseGateway } from "./gateway.ts";
export type { History, PageOptions } from "./history.ts";
export type { CallOptions, ChangeOptions, ConditionalOptions, ConnectOptions } from "./http.ts";
export type { KeepOptions, Media, MediaQuery, MediaUploadOptions, Result } from "./media.ts";
export type { Publish, PublishOptions } from "./publish.ts";
export type { SearchOptions, Store, VersionOptions } from "./store.ts";
export type { Progress, TransferOptions } from "./transfer.ts";
export type * from "./types.ts";
export type * from "./types-published.ts";
export type { Uploaded, UploadOptions } from "./upload.ts";
export type { News, Watch, WatchOptions, WatchState } from "./watch.ts";
export type { Verified, VerifyOptions, Whole } from "./whole.ts";
