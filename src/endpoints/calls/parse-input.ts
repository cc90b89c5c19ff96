/** Parses the inputs of calls by the endpoint table, on any thread. */
import type { ParsedOf } from '../../protocol/endpoint.ts';
import { commands, queries } from '../../protocol/endpoints.ts';
import type { Commands } from '../../protocol/endpoints.ts';
import { parseJson } from '../../protocol/json-text.ts';
import { parse } from '../../protocol/problems.ts';
import { checkUploadList } from '../uploads/upload-list.ts';

const calls = { ...queries, ...commands };
export type TabledCall = keyof typeof calls;

export function isTabled(name: string): name is TabledCall {
  return Object.hasOwn(calls, name);
}

/**
 * A list of files in two values, which are sent between threads at once: a million objects would
 * not be.
 */
export interface PackedList {
  /** Paths, one on each line: none contains a control character. */
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
  return {
    paths: files.map(({ path }) => path).join('\n'),
    bytes: Float64Array.from(files, ({ bytes }) => bytes),
  };
}
