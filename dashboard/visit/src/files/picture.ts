// Which bytes are a picture that may be shown: by what they are, not by what they are called.

/** How a picture begins; null stands for any byte. */
const SIGNATURES: readonly [type: string, bytes: readonly (number | null)[]][] = [
  ["image/png", [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]],
  ["image/jpeg", [0xff, 0xd8, 0xff]],
  ["image/gif", [0x47, 0x49, 0x46, 0x38]],
  ["image/webp", [0x52, 0x49, 0x46, 0x46, null, null, null, null, 0x57, 0x45, 0x42, 0x50]],
  ["image/avif", [null, null, null, null, 0x66, 0x74, 0x79, 0x70, 0x61, 0x76, 0x69, 0x66]],
  ["image/bmp", [0x42, 0x4d]],
  ["image/x-icon", [0x00, 0x00, 0x01, 0x00]],
];

const SVG_MAX_BYTES = 1024 * 1024;

/**
 * Where an `<img>` finds it; none if it is no picture. A picture of dots is an object URL, to be revoked. An SVG, which is a
 * page by nature, is a `data:` URL: in an `<img>` it runs nothing, and opened by itself it is of nobody's origin, where an
 * object URL would be of ours.
 */
export function pictureUrl(path: string, bytes: Uint8Array<ArrayBuffer>): string | undefined {
  const matches = (signature: readonly (number | null)[]) =>
    signature.length <= bytes.length && signature.every((byte, at) => byte === null || byte === bytes[at]);
  const type = SIGNATURES.find(([, signature]) => matches(signature))?.[0];
  if (type !== undefined) return URL.createObjectURL(new Blob([bytes], { type }));
  if (!/\.svg$/i.test(path) || bytes.length > SVG_MAX_BYTES) return undefined;
  const text = new TextDecoder().decode(bytes);
  return /<svg[\s>]/i.test(text) ? `data:image/svg+xml,${encodeURIComponent(text)}` : undefined;
}
