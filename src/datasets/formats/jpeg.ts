/**
 * JPEG through @jsquash/jpeg (MozJPEG's decoder as WebAssembly; baseline and progressive): the same
 * pixels as libjpeg-turbo, hence as Pillow and torchvision. Other decoders may differ slightly,
 * because the standard leaves rounding open.
 */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { defined } from '../../core/at.ts';
import { broken, mismatch } from '../dataset-error.ts';
import type { ImageForm } from './image-survey.ts';
import { checkPixels, type Image } from './image.ts';

export type DecodeJpeg = (name: string, file: Uint8Array) => Image;

export function isJpeg(head: Uint8Array): boolean {
  return head[0] === 0xff && head[1] === 0xd8 && head[2] === 0xff;
}

interface Decoder {
  decode(
    file: Uint8Array,
    orient: boolean,
  ): { readonly width: number; readonly height: number; readonly data: Uint8ClampedArray } | null;
}

/** Loads the decoder once. */
export async function jpegDecoder(): Promise<DecodeJpeg> {
  // Result type of the module; browsers provide it, Node does not.
  class ImageData {
    readonly data: Uint8ClampedArray;
    readonly width: number;
    readonly height: number;
    constructor(data: Uint8ClampedArray, width: number, height: number) {
      this.data = data;
      this.width = width;
      this.height = height;
    }
  }
  Object.assign(globalThis, { ImageData });
  const { default: factory } =
    (await import('@jsquash/jpeg/codec/dec/mozjpeg_dec.js')) as unknown as {
      readonly default: (options: {
        readonly wasmBinary: Uint8Array;
        readonly print: () => void;
        readonly printErr: () => void;
      }) => Promise<Decoder>;
    };
  const wasm = createRequire(import.meta.url).resolve('@jsquash/jpeg/codec/dec/mozjpeg_dec.wasm');
  const load = (): Promise<Decoder> =>
    factory({ wasmBinary: readFileSync(wasm), print: () => undefined, printErr: () => undefined });
  const decoder = await load();
  return (name, file) => decode(decoder, name, file);
}

function decode(decoder: Decoder, name: string, file: Uint8Array): Image {
  const { width, height, components } = frameOf(name, file);
  checkPixels(name, width, height);
  if (components === 4) throw mismatch(name, null, 'a grey or colour JPEG', 'four channels (CMYK)');
  checkEnd(name, file);
  let decoded: ReturnType<Decoder['decode']>;
  try {
    decoded = decoder.decode(file, false);
  } catch (error) {
    throw broken(name, null, 'a whole JPEG', error);
  }
  if (decoded?.width !== width || decoded.height !== height)
    throw broken(name, null, 'a whole JPEG', 'its image data cannot be decoded');
  const channels = components === 1 ? 1 : 3;
  const plane = width * height;
  const pixels = new Uint8Array(channels * plane);
  const { data } = decoded;
  if (channels === 1) for (let i = 0; i < plane; i++) pixels[i] = defined(data[4 * i]);
  else
    for (let i = 0, at = 0; i < plane; i++, at += 4) {
      pixels[i] = defined(data[at]);
      pixels[plane + i] = defined(data[at + 1]);
      pixels[2 * plane + i] = defined(data[at + 2]);
    }
  return { width, height, channels, pixels };
}

/** Form from the frame header, without decoding. */
export function jpegForm(name: string, file: Uint8Array): ImageForm {
  const { width, height, components } = frameOf(name, file);
  return { width, height, channels: components === 1 ? 1 : 3 };
}

/** Size and number of components, from the frame header (ITU-T T.81, B.2.2). */
function frameOf(
  name: string,
  file: Uint8Array,
): { readonly width: number; readonly height: number; readonly components: number } {
  const at16 = (at: number): number => (defined(file[at]) << 8) | defined(file[at + 1]);
  let at = 2;
  while (at + 9 < file.length) {
    if (file[at] !== 0xff)
      throw mismatch(name, `offset ${String(at)}`, 'a JPEG marker', `byte ${String(file[at])}`);
    const marker = defined(file[at + 1]);
    if (marker === 0xff) at += 1;
    else if (
      marker >= 0xc0 &&
      marker <= 0xcf &&
      marker !== 0xc4 &&
      marker !== 0xc8 &&
      marker !== 0xcc
    )
      return { height: at16(at + 5), width: at16(at + 7), components: defined(file[at + 9]) };
    else at += 2 + at16(at + 2);
  }
  throw mismatch(
    name,
    `offset ${String(Math.min(at, file.length))}`,
    'the frame header of this JPEG',
    'the end',
    'the file is cut short',
  );
}

/**
 * The decoder fills missing data with grey, so a file without its end marker is refused as
 * truncated.
 */
function checkEnd(name: string, file: Uint8Array): void {
  for (let at = file.length - 2; at >= Math.max(2, file.length - 4096); at--)
    if (file[at] === 0xff && file[at + 1] === 0xd9) return;
  throw mismatch(
    name,
    `offset ${String(file.length)}`,
    'the end marker of this JPEG',
    'the end of the file',
    'the file is cut short',
  );
}
