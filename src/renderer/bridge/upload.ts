/** Sends files to a host that doesn't see this disk: announced first, then in checked chunks, a few files at once. */
import type { Answer, Cancellation } from '../../protocol/endpoint.ts';
import { EndpointFailure } from '../failure.ts';
import { sha256 } from './sha256.ts';

/** Bytes; the host refuses larger ones. */
const CHUNK = 1024 * 1024;
const AT_ONCE = 3;
const TRIES = 3;

/** @returns what `source.upload` names. @throws EndpointFailure; what was sent is discarded then */
export async function uploadFiles(
  call: (name: string, input: unknown) => Promise<Answer>,
  origin: string,
  files: readonly { readonly path: string; readonly file: File }[],
  progress: (bytes: number) => void,
  signal: Cancellation,
): Promise<string> {
  const begun = await call('beginUpload', { files: files.map(({ path, file }) => ({ path, bytes: file.size })) });
  if (!begun.ok) throw new EndpointFailure(begun.error);
  const { upload } = begun.value as { upload: string };
  const abort = new AbortController();
  signal.addEventListener('abort', () => abort.abort());
  let sent = 0;
  const waiting = files.map(({ file }, index) => ({ file, url: `${origin}/upload/${upload}/${index}` })).values();
  /** A file's chunks in order; files side by side. */
  const send = async (): Promise<void> => {
    for (const { file, url } of waiting) {
      for (let offset = 0; offset < file.size; offset += CHUNK) {
        const taken = await put(url, file, offset, abort.signal);
        // Not in one go with the waiting: others add in the meantime.
        sent += taken;
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

/** @returns its bytes */
async function put(url: string, file: File, offset: number, signal: AbortSignal): Promise<number> {
  const bytes = await file.slice(offset, offset + CHUNK).arrayBuffer();
  const hash = await sha256(bytes);
  for (let tried = 1; ; tried++) {
    try {
      const response = await fetch(`${url}?offset=${offset}&sha256=${hash}`, {
        method: 'PUT',
        credentials: 'same-origin',
        headers: { 'content-type': 'application/octet-stream' },
        body: bytes,
        signal,
      });
      if (response.ok) return bytes.byteLength;
      const answer = (await response.json().catch(() => null)) as Answer | null;
      if (answer?.ok === false) throw new EndpointFailure(answer.error);
      throw new EndpointFailure({ code: 'internal', data: { status: response.status } });
    } catch (error) {
      // A host that answered meant it; a connection that broke is tried again.
      if (error instanceof EndpointFailure || signal.aborted || tried === TRIES) throw error;
    }
  }
}

function cancelled(): EndpointFailure {
  return new EndpointFailure({ code: 'cancelled', data: {} });
}
