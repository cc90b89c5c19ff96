/**
 * SHA-256 in hexadecimal. Browsers offer `crypto.subtle` over https and on localhost only;
 * elsewhere a library is loaded when it is first needed.
 */

/** Bytes that are hashed between two turns of the event loop; takes some milliseconds. */
const PIECE = 512 * 1024;

export async function sha256(bytes: ArrayBuffer): Promise<string> {
  const { subtle } = globalThis.crypto as { readonly subtle?: SubtleCrypto };
  const digest =
    subtle === undefined
      ? await computed(bytes)
      : new Uint8Array(await subtle.digest('SHA-256', bytes));
  return Array.from(digest, (byte) => byte.toString(16).padStart(2, '0')).join('');
}

async function computed(bytes: ArrayBuffer): Promise<Uint8Array> {
  const library = await import('@noble/hashes/sha2.js');
  const hash = library.sha256.create();
  for (let at = 0; at < bytes.byteLength; at += PIECE) {
    hash.update(new Uint8Array(bytes, at, Math.min(PIECE, bytes.byteLength - at)));
    await new Promise((resolve) => setTimeout(resolve));
  }
  return hash.digest();
}
