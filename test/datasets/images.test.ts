/** Tests PNG of every kind, JPEG against Pillow's decoder, sizes and channels. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { resize, withChannels, type Image } from '../../src/datasets/formats/image.ts';
import { jpegDecoder } from '../../src/datasets/formats/jpeg.ts';
import { decodePng } from '../../src/datasets/formats/png.ts';
import { png } from '../support/dataset-files.ts';
import { FIXTURES } from './support.ts';

const PALETTE = Array.from({ length: 768 }, (_, i) => (i * 37) % 256);

/** Meaning of the samples of each colour type, in eight bits a channel. */
const KINDS = [
  { colour: 0, samples: 1, depths: [1, 2, 4, 8, 16], channels: 1 },
  { colour: 2, samples: 3, depths: [8, 16], channels: 3 },
  { colour: 3, samples: 1, depths: [1, 2, 4, 8], channels: 3 },
  { colour: 4, samples: 2, depths: [8, 16], channels: 1 },
  { colour: 6, samples: 4, depths: [8, 16], channels: 3 },
] as const;

function expected(
  kind: (typeof KINDS)[number],
  depth: number,
  samples: readonly number[],
  channel: number,
): number {
  const [first = 0] = samples;
  if (kind.colour === 3) return PALETTE[3 * first + channel] ?? 0;
  const value = samples[channel] ?? 0;
  return depth === 16 ? value >> 8 : depth === 8 ? value : (value * 255) / (2 ** depth - 1);
}

describe('Images: PNG', () => {
  it('of every colour type, depth, filter and interlacing decodes to the written pixels', () => {
    const drawn = fc.record({
      kind: fc.constantFrom(...KINDS),
      depthAt: fc.nat(4),
      width: fc.integer({ min: 1, max: 19 }),
      height: fc.integer({ min: 1, max: 19 }),
      filters: fc.array(fc.nat(4), { minLength: 1, maxLength: 7 }),
      interlaced: fc.boolean(),
      seed: fc.nat(),
    });
    fc.assert(
      fc.property(drawn, ({ kind, depthAt, width, height, filters, interlaced, seed }) => {
        const depth = kind.depths[depthAt % kind.depths.length] ?? 8;
        const sample = (x: number, y: number): number[] =>
          Array.from(
            { length: kind.samples },
            (_, s) =>
              (Math.imul(x * 7919 + y * 104_729 + s * 1301 + seed, 2654435761) >>> 8) % 2 ** depth,
          );
        const file = png(width, height, sample, {
          colour: kind.colour,
          depth,
          palette: PALETTE,
          filter: (row) => filters[row % filters.length] ?? 0,
          interlaced,
        });
        const image = decodePng('x', file);
        expect([image.width, image.height, image.channels]).toEqual([width, height, kind.channels]);
        const wanted = Array.from({ length: kind.channels * height * width }, (_, i) => {
          const pixel = i % (width * height);
          return expected(
            kind,
            depth,
            sample(pixel % width, Math.floor(pixel / width)),
            Math.floor(i / (width * height)),
          );
        });
        expect([...image.pixels]).toEqual(wanted);
      }),
      { numRuns: 200 },
    );
  });
});

describe('Images: JPEG', () => {
  it.each([
    ['grey', 'baseline', 1],
    ['colour', 'progressive, halved chroma', 3],
  ] as const)('%s, %s decodes to the pixels of Pillow, to the bit', async (name, _, channels) => {
    const decode = await jpegDecoder();
    const image = decode('x', readFileSync(join(FIXTURES, `${name}.jpg`)));
    expect([image.width, image.height, image.channels]).toEqual([21, 17, channels]);
    expect(Buffer.from(image.pixels).equals(readFileSync(join(FIXTURES, `${name}.raw`)))).toBe(
      true,
    );
  });
});

const flat = (width: number, height: number, value: number): Image => ({
  width,
  height,
  channels: 1,
  pixels: new Uint8Array(width * height).fill(value),
});

describe('Images: resizing', () => {
  it('keeps a flat image flat, its own size unchanged, and the mean where it shrinks by whole factors', () => {
    const side = fc.integer({ min: 1, max: 40 });
    fc.assert(
      fc.property(
        side,
        side,
        side,
        side,
        fc.nat(255),
        (width, height, toWidth, toHeight, value) => {
          expect([...resize(flat(width, height, value), toHeight, toWidth).pixels]).toEqual(
            Array<number>(toWidth * toHeight).fill(value),
          );
        },
      ),
    );
    const ramp: Image = {
      width: 4,
      height: 2,
      channels: 1,
      pixels: Uint8Array.of(0, 10, 20, 30, 40, 50, 60, 70),
    };
    expect(resize(ramp, 2, 4)).toBe(ramp);
    expect([...resize(ramp, 1, 1).pixels]).toEqual([35]);
  });

  it('is antialiased: a fine stripe becomes grey, not one of its colours', () => {
    const stripes: Image = {
      width: 64,
      height: 1,
      channels: 1,
      pixels: Uint8Array.from({ length: 64 }, (_, x) => (x % 2) * 200),
    };
    for (const value of resize(stripes, 1, 8).pixels)
      expect(Math.abs(value - 100)).toBeLessThan(10);
  });
});

describe('Images: channels', () => {
  it('converts colour to grey by ITU-R 601, and grey to colour by repetition', () => {
    const colour: Image = {
      width: 2,
      height: 1,
      channels: 3,
      pixels: Uint8Array.of(255, 10, 255, 20, 255, 30),
    };
    expect([...withChannels(colour, 1).pixels]).toEqual([255, 18]);
    expect([...withChannels({ ...flat(2, 1, 7), channels: 1 }, 3).pixels]).toEqual([
      7, 7, 7, 7, 7, 7,
    ]);
    expect(withChannels(colour, 3)).toBe(colour);
  });
});
