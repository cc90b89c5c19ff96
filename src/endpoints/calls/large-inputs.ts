/** Parses large inputs of calls in a thread, so that no request blocks the event loop. */
import { ThreadWork } from '../reading/thread-work.ts';
import type { AnnouncedFile } from '../uploads/upload-list.ts';
import type { PackedList, TabledCall } from './parse-input.ts';

/**
 * Greatest size in bytes of an input that is parsed on the event loop: a few milliseconds of work.
 */
export const INLINE_BYTES = 32 * 1024;

export class LargeInputs {
  readonly #thread = new ThreadWork();

  /** Parses the body by the schema of the call. @throws GalapagosError `invalid-input` */
  parse(name: TabledCall, body: Uint8Array): Promise<unknown> {
    return this.#thread.do('input', { name, body });
  }

  /** @throws GalapagosError `invalid-input`, `bad-upload` */
  async parseUploadList(body: Uint8Array): Promise<Iterable<AnnouncedFile>> {
    return unpacked(await this.#thread.do('uploadList', { body }));
  }

  close(): Promise<void> {
    return this.#thread.close();
  }
}

function* unpacked({ paths, bytes }: PackedList): Generator<AnnouncedFile> {
  let from = 0;
  for (const size of bytes) {
    const end = paths.indexOf('\n', from);
    yield { path: paths.slice(from, end === -1 ? undefined : end), bytes: size };
    from = end + 1;
  }
}
