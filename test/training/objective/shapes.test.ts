/**
 * Compares shape inference with a slow reference on random networks: every window and element is
 * counted.
 */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Network } from '../../../src/training/models/network.ts';
import { resolveNetwork } from '../../../src/training/models/resolve.ts';
import { Scope } from '../../../src/training/models/scope.ts';
import type { Params } from '../../../src/training/objective/objective.ts';
import { describeNetwork } from '../../support/training.ts';

function network(
  shape: readonly number[],
  layers: readonly object[],
  params: Params = {},
): { network?: Network; problems: string[] } {
  const scope = new Scope(params);
  const input = { shape };
  const resolved = resolveNetwork({ ...describeNetwork(shape, layers), input }, scope);
  const problems = scope.problems.map(({ code, path }) => `${code} ${path}`);
  return resolved === undefined ? { problems } : { network: resolved, problems };
}

const outputs = (resolved: Network | undefined): string[] =>
  resolved!.layers.map(({ output }) => output.join('×'));

/** Counts the windows within the padded extent one by one. */
function windows(
  size: number,
  before: number,
  after: number,
  kernel: number,
  stride: number,
): number {
  let count = 0;
  for (let start = -before; start + kernel <= size + after; start += stride) count++;
  return count;
}

const extent = fc.integer({ min: 1, max: 12 });
const small = fc.integer({ min: 1, max: 5 });
const runs = { numRuns: 300, seed: 2 };

describe('Shapes', () => {
  it('counts the windows of a convolution, and reports an error if there is none', () => {
    const shape = fc.tuple(small, extent, extent);
    const padding = fc.integer({ min: 0, max: 3 });
    fc.assert(
      fc.property(
        shape,
        small,
        fc.tuple(small, small),
        fc.tuple(small, small),
        fc.tuple(padding, padding),
        (image, filters, kernel, stride, pads) => {
          const found = network(image, [{ type: 'conv', filters, kernel, stride, padding: pads }]);
          const [rows, columns] = [0, 1].map((axis) =>
            windows(image[1 + axis]!, pads[axis]!, pads[axis]!, kernel[axis]!, stride[axis]!),
          );
          if (rows === 0 || columns === 0)
            expect(found.problems).toEqual(['empty-output layers[0].kernel']);
          else expect(outputs(found.network)).toEqual([[filters, rows, columns].join('×')]);
        },
      ),
      runs,
    );
  });

  it('gives ⌈size/stride⌉ for "same" padding, with the larger half of an odd padding after', () => {
    fc.assert(
      fc.property(extent, small, small, (size, kernel, stride) => {
        const { fields, output } = network(
          [1, size, size],
          [{ type: 'conv', filters: 1, kernel, stride, padding: 'same' }],
        ).network!.layers[0]!;
        const count = Math.ceil(size / stride);
        expect(output).toEqual([1, count, count]);
        // Smallest padding with that many windows, found by search.
        let total = 0;
        while (windows(size, 0, total, kernel, stride) < count) total++;
        expect(fields).toMatchObject({ padding: [Math.floor(total / 2), Math.floor(total / 2)] });
      }),
      runs,
    );
  });

  it('treats pools like convolutions per channel; every window contains a valid pixel', () => {
    fc.assert(
      fc.property(
        fc.constantFrom('max-pool', 'average-pool'),
        extent,
        small,
        small,
        (type, extentOfImage, size, stride) => {
          for (let padding = 0; padding <= Math.floor(size / 2); padding++) {
            const found = network(
              [3, extentOfImage, extentOfImage],
              [{ type, size, stride, padding }],
            );
            const count = windows(extentOfImage, padding, padding, size, stride);
            if (count === 0) expect(found.problems).toEqual(['empty-output layers[0].size']);
            else {
              expect(outputs(found.network)).toEqual([`3×${String(count)}×${String(count)}`]);
              expect((count - 1) * stride - padding).toBeLessThan(extentOfImage);
            }
          }
          const most = Math.floor(size / 2);
          for (const padding of [
            [most + 1, most],
            [most, most + 1],
          ])
            expect(network([3, 9, 9], [{ type, size, padding }]).problems).toEqual([
              'out-of-range layers[0].padding',
            ]);
        },
      ),
      runs,
    );
  });

  it('requires groups that divide the channels and the filters', () => {
    fc.assert(
      fc.property(small, small, small, (channels, filters, groups) => {
        const { problems } = network(
          [channels, 3, 3],
          [{ type: 'conv', filters, kernel: 1, groups }],
        );
        const divides = channels % groups === 0 && filters % groups === 0;
        expect(problems).toEqual(divides ? [] : ['groups-do-not-divide layers[0].groups']);
        const depthwise = network(
          [channels, 3, 3],
          [{ type: 'conv', kernel: 3, groups: 'depthwise' }],
        ).network!.layers[0]!;
        expect([depthwise.output, depthwise.fields]).toMatchObject([
          [channels, 1, 1],
          { filters: channels, groups: channels },
        ]);
      }),
      runs,
    );
  });

  it('keeps the shape in sums, adds channels and zeros in concat, and accepts a gate on either side', () => {
    fc.assert(
      fc.property(
        fc.tuple(small, small, small),
        fc.array(small, { minLength: 1, maxLength: 4 }),
        fc.tuple(small, small),
        (shape, widths, zeros) => {
          const branches = widths.map((filters, i) => ({
            id: `b${String(i)}`,
            type: 'conv',
            filters,
            kernel: 1,
            from: 'in',
          }));
          const from = ['in', ...branches.map(({ id }) => id)];
          const joined = network(shape, [
            { id: 'in', type: 'identity' },
            ...branches,
            { type: 'concat', from, zeros },
          ]).network!;
          const channels = widths.reduce((sum, n) => sum + n, shape[0]) + zeros[0] + zeros[1];
          expect(joined.layers.at(-1)!.output).toEqual([channels, ...shape.slice(1)]);

          const gated = [
            { id: 'in', type: 'identity' },
            { id: 'gate', type: 'global-average-pool' },
          ];
          for (const order of [
            ['in', 'gate'],
            ['gate', 'in'],
          ]) {
            const product = network(shape, [
              ...gated,
              { type: 'multiply', from: order },
            ]).network!.layers.at(-1)!;
            // If both are one pixel, either can be the factor.
            const read = shape[1] * shape[2] === 1 && order[0] === 'gate' ? [1, 0] : [0, 1];
            expect([product.output, product.from]).toEqual([shape, read]);
          }
          const sum = network(shape, [
            ...gated.slice(0, 1),
            { type: 'relu' },
            { type: 'add', from: ['in', 'relu1', 'in'] },
          ]).network!;
          expect(sum.layers.at(-1)).toMatchObject({ from: [0, 1, 0], output: shape });
        },
      ),
      runs,
    );
  });

  it('keeps the elements: flatten counts them; normalisation, activations and dropout keep the shape', () => {
    const types = [
      'relu',
      'leaky-relu',
      'gelu',
      'silu',
      'sigmoid',
      'tanh',
      'identity',
      'batch-norm',
      'layer-norm',
    ];
    fc.assert(
      fc.property(
        fc.oneof(fc.tuple(small), fc.tuple(small, extent, extent)),
        fc.constantFrom(...types),
        (shape, type) => {
          const found = network(shape, [
            { type },
            { type: 'dropout', rate: 0.5 },
            { type: 'flatten' },
          ]);
          expect(outputs(found.network)).toEqual([
            shape.join('×'),
            shape.join('×'),
            String(shape.reduce((a, b) => a * b)),
          ]);
        },
      ),
      runs,
    );
  });

  it('unrolls a repeat as if its layers were written out; layers whose condition fails are omitted', () => {
    const block = fc.array(
      fc.constantFrom<object>(
        { type: 'relu' },
        { type: 'conv', filters: { $channels: true, times: 2 }, kernel: 3, padding: 1 },
        { type: 'conv', filters: { $param: 'width' }, kernel: 1, when: { wide: [true] } },
        { type: 'batch-norm', when: { wide: [false], width: [1, 2] } },
      ),
      { minLength: 1, maxLength: 4 },
    );
    const params = fc.record({
      depth: fc.integer({ min: 1, max: 3 }),
      width: small,
      wide: fc.boolean(),
    });
    fc.assert(
      fc.property(block, params, (layers, values) => {
        const tail = { type: 'relu', id: 'last' };
        const repeated = network(
          [2, 4, 4],
          [{ repeat: { $param: 'depth' }, layers }, tail],
          values,
        );
        const there = layers.filter((layer) => {
          const when = ('when' in layer ? layer.when : {}) as Record<string, unknown[]>;
          return Object.entries(when).every(([name, allowed]) =>
            allowed.includes(values[name as keyof typeof values]),
          );
        });
        const unrolled = Array.from({ length: values.depth }, () => there).flat();
        const written = network(
          [2, 4, 4],
          [...unrolled.map((layer) => ({ ...layer, when: undefined })), tail],
          values,
        );
        expect(outputs(repeated.network)).toEqual(outputs(written.network));
        expect(repeated.network!.layers.map(({ fields }) => fields)).toEqual(
          written.network!.layers.map(({ fields }) => fields),
        );
        const prefixes = new Set(
          repeated
            .network!.layers.slice(0, -1)
            .map(({ id }) => id.split('.').slice(0, 2).join('.')),
        );
        expect(prefixes.size).toBe(there.length === 0 ? 0 : values.depth);
      }),
      runs,
    );
  });

  it('scales and rounds down a parameter, to at least the minimum of the field', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 40 }), small, small, (value, times, over) => {
        const scaled = { $param: 'n', times, over };
        const exact = Math.floor((value * times) / over);
        const [conv] = network(
          [1, 40, 40],
          [{ type: 'conv', filters: scaled, kernel: 1, padding: scaled }],
          { n: value },
        ).network!.layers;
        expect(conv!.fields).toMatchObject({
          filters: Math.max(1, exact),
          padding: [exact, exact],
        });
        const repeats = network(
          [1, 4, 4],
          [{ repeat: { $param: 'n', over: 20 }, layers: [{ type: 'relu' }] }, { type: 'relu' }],
          {
            n: value,
          },
        );
        expect(repeats.network!.layers).toHaveLength(Math.floor(value / 20) + 1);
      }),
      runs,
    );
  });
});
