"use client";

// The file context of a page, with the names and shapes that pages are written for: change an import, and it works.

import {
  createContext,
  createElement,
  type ReactNode,
  useCallback,
  useContext,
  useEffect,
  useMemo,
  useRef,
  useState,
} from "react";
import { type ConnectOptions, connect, type FileItem, type Files, type Holdfast, type News } from "../index.ts";

export interface FileContextType {
  currentPath: string;
  files: FileItem[];
  isLoading: boolean;
  /** The sentence of the last listing that failed. */
  error: string | null;
  listDirectory: (path: string) => Promise<void>;
  readFile: (path: string) => Promise<string>;
  writeFile: (path: string, content: string) => Promise<void>;
  uploadFile: (file: File, targetPath: string) => Promise<void>;
  downloadFile: (path: string) => Promise<void>;
  deleteFile: (path: string) => Promise<void>;
  createDirectory: (path: string) => Promise<void>;
  /** Lists the current directory again, without saying that it loads: what is shown stays until there is something else. */
  refresh: () => Promise<void>;
}

/** The client of a gateway URL; or the sentence of why there can be none. */
type Opened = { client: Holdfast; refusal: null } | { client: null; refusal: string };

const FileContext = createContext<(FileContextType & { client: Holdfast | null }) | null>(null);

export interface FileProviderProps {
  /** What is none becomes the `error` of the context, and of whatever is done with it. */
  gatewayUrl: string;
  /** Where the listing begins. */
  root?: string;
  /** Gets a new gateway URL once this one has expired. */
  renew?: () => Promise<string>;
  children?: ReactNode;
}

export function FileProvider({ gatewayUrl, root = "/root/clawd", renew, children }: FileProviderProps) {
  const renewing = useRef(renew);
  renewing.current = renew;
  const hasRenewal = renew !== undefined;
  const opened = useMemo(() => {
    const more = hasRenewal ? { renew: () => renewing.current?.() ?? Promise.reject(new Error("No renewal")) } : {};
    return open(gatewayUrl, more);
  }, [gatewayUrl, hasRenewal]);
  const listing = useListing(opened, root);
  const actions = useMemo(() => actionsOf(opened), [opened]);
  const value = useMemo(() => ({ ...listing, ...actions, client: opened.client }), [listing, actions, opened]);
  return createElement(FileContext.Provider, { value }, children);
}

function open(gatewayUrl: string, options: ConnectOptions): Opened {
  try {
    return { client: connect(gatewayUrl, options), refusal: null };
  } catch (cause) {
    return { client: null, refusal: cause instanceof Error ? cause.message : "This is no gateway URL" };
  }
}

/** The files of what was opened. Throws where nothing was. */
function filesOf({ client, refusal }: Opened): Files {
  if (client === null) throw new TypeError(refusal);
  return client.files;
}

/** The listing of one workspace, as far as it is asked for. */
interface Track {
  of: string;
  shown: string;
  wanted: string;
  asked: number;
  last: Promise<void> | undefined;
}

const NOTHING: FileItem[] = [];

/**
 * The current directory. Of listings that overtake each other the last one asked for counts, and whoever waits for an earlier
 * one waits for that. A refresh lists what was asked for last: it may not lead back from a directory that is on its way. Of another
 * workspace, nothing is shown: what is done with a file is done in the one that is open now.
 */
function useListing(opened: Opened, root: string) {
  const of = opened.client ? `${opened.client.gateway.origin} ${opened.client.gateway.userId}` : "";
  const [listed, setListed] = useState({ of, currentPath: root, files: NOTHING });
  const [asking, setAsking] = useState<{ of: string; isLoading: boolean; error: string | null }>();
  const { currentPath, files } = listed.of === of ? listed : { currentPath: root, files: NOTHING };
  const { isLoading, error: failure } = asking?.of === of ? asking : { isLoading: false, error: null };
  const error = opened.refusal ?? failure;
  const newest = useRef(opened);
  newest.current = opened;
  const track = useRef<Track>(undefined);
  if (track.current?.of !== of) track.current = { of, shown: root, wanted: root, asked: 0, last: undefined };

  /** Says that it loads, if that is wanted of the workspace that is listed. */
  const list = useCallback(async (path: string, loudOf: string | null) => {
    const mine = track.current as Track;
    mine.asked += 1;
    const asked = mine.asked;
    mine.wanted = path;
    setAsking((before) => {
      const isLoading = before?.of === mine.of && before.isLoading;
      return { of: mine.of, isLoading: isLoading || loudOf === mine.of, error: null };
    });
    let failed: string | null = null;
    try {
      const found = await filesOf(newest.current).listAll(path);
      if (asked !== mine.asked) return;
      mine.shown = path;
      if (track.current === mine)
        setListed((before) => {
          const isSame = before.of === mine.of && areFilesEqual(before.files, found);
          return { of: mine.of, currentPath: path, files: isSame ? before.files : found };
        });
    } catch (cause) {
      if (asked !== mine.asked) return;
      mine.wanted = mine.shown;
      failed = cause instanceof Error ? cause.message : "Failed to list directory";
    }
    setAsking((before) => (before?.of === mine.of ? { of: mine.of, isLoading: false, error: failed } : before));
  }, []);
  const load = useCallback(
    (path: string, loudOf: string | null) => {
      const at = track.current as Track;
      const mine: Promise<void> = list(path, loudOf).then(() => (at.last === mine ? undefined : at.last));
      at.last = mine;
      return mine;
    },
    [list],
  );
  // Another one for each workspace: pages list anew when it changes.
  const listDirectory = useCallback((path: string) => load(path, of), [load, of]);
  const refresh = useCallback(() => load((track.current as Track).wanted, null), [load]);
  return useMemo(
    () => ({ currentPath, files, isLoading, error, listDirectory, refresh }),
    [currentPath, files, isLoading, error, listDirectory, refresh],
  );
}

function actionsOf(opened: Opened) {
  return {
    readFile: async (path: string) => (await filesOf(opened).read(path)).content,
    writeFile: async (path: string, content: string) => void (await filesOf(opened).write(path, content)),
    uploadFile: async (file: File, targetPath: string) => void (await filesOf(opened).upload(targetPath, file)),
    deleteFile: async (path: string) => void (await filesOf(opened).remove(path)),
    createDirectory: async (path: string) => void (await filesOf(opened).mkdir(path)),
    downloadFile: async (path: string) => {
      const blob = await (await filesOf(opened).content(path)).blob();
      const link = document.createElement("a");
      link.href = URL.createObjectURL(blob);
      link.download = path.split("/").pop() || "download";
      link.click();
      // Not at once: a browser may still have to open it.
      setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
    },
  };
}

/** Whether two listings show the same: entry by entry, at the same places. */
export function areFilesEqual(one: FileItem[], other: FileItem[]): boolean {
  const isSame = (a: FileItem, b: FileItem | undefined) =>
    a.path === b?.path && a.modified === b.modified && a.type === b.type && a.size === b.size;
  return one.length === other.length && one.every((item, index) => isSame(item, other[index]));
}

export function useFiles(): FileContextType {
  const context = useContext(FileContext);
  if (!context) throw new Error("useFiles must be used within FileProvider");
  return context;
}

/** Calls back whenever something at or below a path may have changed, for as long as the component is there. */
export function useWatch(path: string, onNews: (news: News) => void): void {
  const context = useContext(FileContext);
  if (!context) throw new Error("useWatch must be used within FileProvider");
  const { client } = context;
  const latest = useRef(onNews);
  latest.current = onNews;
  const followed = useRef<Holdfast | null>(null);
  useEffect(() => {
    // What has changed between two clients, neither of them tells.
    if (followed.current !== null && followed.current !== client) latest.current({ changes: null });
    followed.current = client;
    const watching = client?.watch(path, (news) => latest.current(news));
    return () => watching?.stop();
  }, [client, path]);
}
