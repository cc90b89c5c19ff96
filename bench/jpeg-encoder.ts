/**
 * Writes JPEGs as cameras and Pillow do by default (baseline, quality 75, colour at half
 * resolution), by the encoder beside the decoder in use.
 */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';

type Encode = (rgba: Uint8Array, width: number, height: number) => Uint8Array;

interface Encoder {
  encode(rgba: Uint8Array, width: number, height: number, options: object): Uint8Array;
}

const OPTIONS = {
  ...{
    quality: 75,
    baseline: true,
    progressive: false,
    optimize_coding: false,
    arithmetic: false,
    smoothing: 0,
    color_space: 3,
  },
  ...{
    quant_table: 0,
    trellis_multipass: false,
    trellis_opt_zero: false,
    trellis_opt_table: false,
    trellis_loops: 1,
  },
  ...{
    auto_subsample: false,
    chroma_subsample: 2,
    separate_chroma_quality: false,
    chroma_quality: 75,
  },
};

export async function jpegEncoder(): Promise<Encode> {
  const { default: factory } =
    (await import('@jsquash/jpeg/codec/enc/mozjpeg_enc.js')) as unknown as {
      readonly default: (options: { readonly wasmBinary: Uint8Array }) => Promise<Encoder>;
    };
  const wasm = createRequire(import.meta.url).resolve('@jsquash/jpeg/codec/enc/mozjpeg_enc.wasm');
  const encoder = await factory({ wasmBinary: readFileSync(wasm) });
  return (rgba, width, height) => encoder.encode(rgba, width, height, OPTIONS);
}
