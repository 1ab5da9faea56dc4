import type { Holdfast, Stat } from "../../../client/index.ts";

/**
 * The address of a file's bytes as they are now. Browsers do not ask again for a picture that they have shown under the same address,
 * and do not look at a fragment: the tag is in the query, where the Worker passes over it.
 */
export function sourceOf(client: Holdfast, { path, etag }: Stat): string {
  return `${client.files.contentUrl(path)}&tag=${encodeURIComponent(etag)}`;
}
