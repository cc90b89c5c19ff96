/**
 * Uploads files to a host that cannot read this disk: announces them, then sends chunks with their
 * hashes, a few in parallel. Small files share a chunk, because a request for each file would
 * dominate the import of a large folder.
 */
import type { Answer, Cancellation } from '../../protocol/endpoint.ts';
import { EndpointFailure } from '../failure.ts';
import { sha256 } from './sha256.ts';

/** Maximum size of a chunk, in bytes; the host refuses larger ones. */
const CHUNK = 1024 * 1024;
/** Maximum number of files in a chunk, because the host writes them one by one. */
const MOST_FILES = 512;
const AT_ONCE = 3;
const TRIES = 3;

/**
 * Content whose chunks are sent in order: one large file, or several small ones that share a chunk.
 */
interface Run {
  /** Index of its first file in the announced list. */
  readonly first: number;
  readonly content: Blob;
}

/**
 * @returns the identifier for `source.upload`
 * @throws EndpointFailure; the host discards the partial upload then
 */
export async function uploadFiles(
  call: (name: string, input: unknown) => Promise<Answer>,
  origin: string,
  files: readonly { readonly path: string; readonly file: File }[],
  progress: (bytes: number) => void,
  signal: Cancellation,
): Promise<string> {
  const begun = await call('beginUpload', {
    files: files.map(({ path, file }) => ({ path, bytes: file.size })),
  });
  if (!begun.ok) throw new EndpointFailure(begun.error);
  const { upload } = begun.value as { upload: string };
  const abort = new AbortController();
  signal.addEventListener('abort', () => abort.abort());
  let sent = 0;
  const waiting = runsOf(files.map(({ file }) => file));
  /** Sends the chunks of one run in order; several runs are sent in parallel. */
  const send = async (): Promise<void> => {
    for (const { first, content } of waiting) {
      let next = checked(content, 0);
      for (let offset = 0; offset < content.size; offset += CHUNK) {
        const { bytes, hash } = await next;
        if (offset + CHUNK < content.size) {
          // Reads and hashes the next chunk while this one is sent; a failure surfaces when it is
          // awaited.
          next = checked(content, offset + CHUNK);
          next.catch(() => undefined);
        }
        await put(
          `${origin}/upload/${upload}/${first}?offset=${offset}&sha256=${hash}`,
          bytes,
          abort.signal,
        );
        sent += bytes.byteLength;
        progress(sent);
      }
    }
  };
  try {
    await Promise.all(Array.from({ length: AT_ONCE }, send));
    return upload;
  } catch (error) {
    abort.abort();
    await call('discardUpload', { upload });
    throw signal.aborted ? cancelled() : error;
  }
}

function* runsOf(files: readonly File[]): Generator<Run> {
  let [small, bytes]: [File[], number] = [[], 0];
  for (const [index, file] of files.entries()) {
    if (small.length > 0 && (bytes + file.size > CHUNK || small.length === MOST_FILES)) {
      yield { first: index - small.length, content: new Blob(small) };
      [small, bytes] = [[], 0];
    }
    if (file.size > CHUNK) yield { first: index, content: file };
    else {
      small.push(file);
      bytes += file.size;
    }
  }
  if (small.length > 0) yield { first: files.length - small.length, content: new Blob(small) };
}

interface Checked {
  readonly bytes: ArrayBuffer;
  readonly hash: string;
}

async function checked(content: Blob, offset: number): Promise<Checked> {
  const bytes = await content.slice(offset, offset + CHUNK).arrayBuffer();
  return { bytes, hash: await sha256(bytes) };
}

async function put(url: string, bytes: ArrayBuffer, signal: AbortSignal): Promise<void> {
  for (let tried = 1; ; tried++) {
    try {
      const response = await fetch(url, {
        method: 'PUT',
        credentials: 'same-origin',
        headers: { 'content-type': 'application/octet-stream' },
        body: bytes,
        signal,
      });
      if (response.ok) return;
      const answer = (await response.json().catch(() => null)) as Answer | null;
      if (answer?.ok === false) throw new EndpointFailure(answer.error);
      throw new EndpointFailure({ code: 'internal', data: { status: response.status } });
    } catch (error) {
      // An answer of the host is final; only a broken connection is retried.
      if (error instanceof EndpointFailure || signal.aborted || tried === TRIES) throw error;
    }
  }
}

function cancelled(): EndpointFailure {
  return new EndpointFailure({ code: 'cancelled', data: {} });
}
