/** Parses large inputs of calls in a thread, so that no request holds up the event loop for long. */
import type { ParsedOf } from '../../protocol/endpoint.ts';
import { commands, queries } from '../../protocol/endpoints.ts';
import type { Commands } from '../../protocol/endpoints.ts';
import { parseJson } from '../../protocol/json-text.ts';
import { parse } from '../../protocol/problems.ts';
import { ThreadWork } from '../reading/thread-work.ts';
import { checkUploadList } from '../uploads/upload-list.ts';
import type { AnnouncedFile } from '../uploads/upload-list.ts';

/** Bytes up to which an input is parsed where it arrives: a few milliseconds' work. */
export const INLINE_BYTES = 32 * 1024;

const calls = { ...queries, ...commands };
export type TabledCall = keyof typeof calls;

export function isTabled(name: string): name is TabledCall {
  return Object.hasOwn(calls, name);
}

/** A list of files in two values, which cross threads at once: a million objects would not. */
export interface PackedList {
  /** Paths, a line each: none holds a control character. */
  readonly paths: string;
  readonly bytes: Float64Array;
}

/** @throws InvalidInput */
export function parseInput(name: TabledCall, body: Uint8Array): unknown {
  const text = new TextDecoder().decode(body);
  return parse(calls[name].input, text === '' ? {} : parseJson(text, name), name);
}

/** @throws InvalidInput; GalapagosError `bad-upload` */
export function parseUploadList(body: Uint8Array): PackedList {
  const { files } = parseInput('beginUpload', body) as ParsedOf<Commands['beginUpload']>;
  checkUploadList(files);
  return { paths: files.map(({ path }) => path).join('\n'), bytes: Float64Array.from(files, ({ bytes }) => bytes) };
}

export class LargeInputs {
  readonly #thread = new ThreadWork();

  /** What the schema of the call makes of the body. @throws GalapagosError `invalid-input` */
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
