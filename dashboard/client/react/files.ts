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
import { connect, type FileItem, type Holdfast, type News } from "../index.ts";

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

const FileContext = createContext<(FileContextType & { client: Holdfast }) | null>(null);

export interface FileProviderProps {
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
  const client = useMemo(() => {
    const more = hasRenewal ? { renew: () => renewing.current?.() ?? Promise.reject(new Error("No renewal")) } : {};
    return connect(gatewayUrl, more);
  }, [gatewayUrl, hasRenewal]);
  const listing = useListing(client, root);
  const actions = useMemo(() => actionsOf(client), [client]);
  const value = useMemo(() => ({ ...listing, ...actions, client }), [listing, actions, client]);
  return createElement(FileContext.Provider, { value }, children);
}

/** The current directory. Of answers that overtake each other, the last one asked for counts. */
function useListing(client: Holdfast, root: string) {
  const [currentPath, setCurrentPath] = useState(root);
  const [files, setFiles] = useState<FileItem[]>([]);
  const [isLoading, setIsLoading] = useState(false);
  const [error, setError] = useState<string | null>(null);
  const asked = useRef(0);

  const load = useCallback(
    async (path: string) => {
      asked.current += 1;
      const mine = asked.current;
      setError(null);
      try {
        const found = await client.files.listAll(path);
        if (mine !== asked.current) return;
        setCurrentPath(path);
        setFiles((shown) => (areFilesEqual(shown, found) ? shown : found));
      } catch (cause) {
        if (mine === asked.current) setError(cause instanceof Error ? cause.message : "Failed to list directory");
      } finally {
        if (mine === asked.current) setIsLoading(false);
      }
    },
    [client],
  );
  const listDirectory = useCallback(
    (path: string) => {
      setIsLoading(true);
      return load(path);
    },
    [load],
  );
  const refresh = useCallback(() => load(currentPath), [load, currentPath]);
  return useMemo(
    () => ({ currentPath, files, isLoading, error, listDirectory, refresh }),
    [currentPath, files, isLoading, error, listDirectory, refresh],
  );
}

function actionsOf({ files }: Holdfast) {
  return {
    readFile: async (path: string) => (await files.read(path)).content,
    writeFile: async (path: string, content: string) => void (await files.write(path, content)),
    uploadFile: async (file: File, targetPath: string) => void (await files.upload(targetPath, file)),
    deleteFile: async (path: string) => void (await files.remove(path)),
    createDirectory: async (path: string) => void (await files.mkdir(path)),
    downloadFile: async (path: string) => {
      const blob = await (await files.content(path)).blob();
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
  useEffect(() => {
    const watching = client.watch(path, (news) => latest.current(news));
    return () => watching.stop();
  }, [client, path]);
}
