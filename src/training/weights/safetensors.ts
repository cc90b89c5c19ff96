/**
 * Encodes and decodes safetensors as specified by Hugging Face: a little-endian u64 with the length
 * of the header, the header as JSON (name → dtype, shape, offsets), then the values. Supports
 * float32 only.
 */
import { GalapagosError } from '../../core/errors.ts';
import { isFields } from '../models/reader.ts';
import { quote } from '../objective/problem.ts';
import { elements } from '../plan/plan.ts';

export interface Tensor {
  readonly shape: readonly number[];
  /** Row-major. */
  readonly values: Float32Array;
}

export interface Safetensors {
  readonly tensors: ReadonlyMap<string, Tensor>;
  readonly metadata: Readonly<Record<string, string>>;
}

/** Error of a weights file: file, position, expected, found. */
export class WeightsError extends GalapagosError {
  readonly file: string;

  constructor(file: string, complaint: string) {
    super('bad-weights', `${file}: ${complaint}`, { file });
    this.file = file;
  }
}

/** Limit of the format's reference implementation. */
const MOST_HEADER_BYTES = 100_000_000;
const METADATA = '__metadata__';

/** Encodes a file. The header is padded with spaces so that the values start at a multiple of 8. */
export function encodeSafetensors({ tensors, metadata }: Safetensors): Uint8Array {
  const header: Record<string, unknown> = { [METADATA]: metadata };
  let end = 0;
  for (const [name, { shape, values }] of tensors) {
    if (values.length !== elements(shape))
      throw new RangeError(`${name}: ${String(values.length)} values for ${shape.join('×')}`);
    header[name] = { dtype: 'F32', shape, data_offsets: [end, end + 4 * values.length] };
    end += 4 * values.length;
  }
  const text = new TextEncoder().encode(JSON.stringify(header));
  const headerBytes = 8 * Math.ceil(text.length / 8);
  const bytes = new Uint8Array(8 + headerBytes + end);
  const view = new DataView(bytes.buffer);
  view.setBigUint64(0, BigInt(headerBytes), true);
  bytes.fill(0x20, 8, 8 + headerBytes).set(text, 8);
  let at = 8 + headerBytes;
  for (const { values } of tensors.values())
    for (const value of values) view.setFloat32((at += 4) - 4, value, true);
  return bytes;
}

/**
 * Decodes a file.
 * @param file name of the file, for errors
 * @throws WeightsError
 */
export function decodeSafetensors(file: string, bytes: Uint8Array): Safetensors {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const refuse = (where: string, expected: string, found: string): WeightsError =>
    new WeightsError(file, `${where}: expected ${expected}, found ${found}`);
  if (bytes.length < 8)
    throw refuse(
      'offset 0',
      'the 8 bytes of the header’s length',
      `${String(bytes.length)} bytes in all`,
    );
  const length = Number(view.getBigUint64(0, true));
  const most = Math.min(MOST_HEADER_BYTES, bytes.length - 8);
  if (length > most)
    throw refuse(
      'offset 0',
      `a header of at most ${String(most)} bytes`,
      `${String(length)}: truncated, or not a safetensors file`,
    );
  const header = parseHeader(bytes.subarray(8, 8 + length), refuse);
  const metadata = readMetadata(header[METADATA], refuse);
  const tensors = new Map<string, Tensor>();
  const data = bytes.length - 8 - length;
  const spans = Object.entries(header)
    .filter(([name]) => name !== METADATA)
    .map(([name, entry]) => ({ name, ...readEntry(name, entry, refuse) }))
    .sort((a, b) => a.begin - b.begin);
  let next = 0;
  for (const { name, shape, begin, end } of spans) {
    if (begin !== next)
      throw refuse(
        `tensor ${quote(name)}, data_offsets`,
        `a begin of ${String(next)}`,
        String(begin),
      );
    if (end > data)
      throw refuse(
        `tensor ${quote(name)}, data_offsets`,
        `an end of at most ${String(data)}`,
        `${String(end)}: cut short`,
      );
    next = end;
    const values = new Float32Array(elements(shape));
    for (let i = 0; i < values.length; i++)
      values[i] = view.getFloat32(8 + length + begin + 4 * i, true);
    tensors.set(name, { shape, values });
  }
  if (next !== data)
    throw refuse('data', `${String(next)} bytes, according to the header`, String(data));
  return { tensors, metadata };
}

type Refuse = (where: string, expected: string, found: string) => WeightsError;

function parseHeader(bytes: Uint8Array, refuse: Refuse): Record<string, unknown> {
  let header: unknown;
  try {
    header = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch (error) {
    throw refuse('header', 'JSON in UTF-8', error instanceof Error ? error.message : String(error));
  }
  if (!isFields(header)) throw refuse('header', 'an object of tensors by name', quote(header));
  return header;
}

function readMetadata(value: unknown, refuse: Refuse): Record<string, string> {
  if (value === undefined) return {};
  const texts = isFields(value) ? Object.entries(value) : undefined;
  if (texts?.every((entry): entry is [string, string] => typeof entry[1] === 'string') !== true)
    throw refuse(`header, ${METADATA}`, 'strings by name', quote(value));
  return Object.fromEntries(texts);
}

function readEntry(
  name: string,
  entry: unknown,
  refuse: Refuse,
): { shape: readonly number[]; begin: number; end: number } {
  const where = `tensor ${quote(name)}`;
  if (!isFields(entry)) throw refuse(where, '{"dtype", "shape", "data_offsets"}', quote(entry));
  const { dtype, shape, data_offsets: offsets } = entry;
  if (dtype !== 'F32') throw refuse(`${where}, dtype`, '"F32"', quote(dtype));
  if (!isCounts(shape)) throw refuse(`${where}, shape`, 'a list of counts', quote(shape));
  const [begin, end] = isCounts(offsets) && offsets.length === 2 ? offsets : [];
  if (begin === undefined || end === undefined)
    throw refuse(`${where}, data_offsets`, '[begin, end]', quote(offsets));
  const bytes = 4 * elements(shape);
  if (end - begin !== bytes)
    throw refuse(
      `${where}, data_offsets`,
      `${String(bytes)} bytes for ${shape.join('×')} float32`,
      String(end - begin),
    );
  return { shape, begin, end };
}

function isCounts(value: unknown): value is number[] {
  return Array.isArray(value) && value.every((n) => Number.isSafeInteger(n) && (n as number) >= 0);
}
