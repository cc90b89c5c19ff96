/**
 * Networks of drawn shapes for property tests: images from one pixel on, any batch and remainder,
 * every kind of layer.
 */
import fc from 'fast-check';
import type { SmallNetwork } from './networks.ts';

const conv = (filters: number, kernel: readonly number[], more: object): object => ({
  type: 'conv',
  filters,
  kernel,
  ...more,
});
const dense = (units: number): object => ({ type: 'dense', units });
const plain = (type: string, more: object = {}): object => ({ type, ...more });
const FLAT = plain('flatten');
const GAP = plain('global-average-pool');

const upTo = (max: number): fc.Arbitrary<number> => fc.integer({ min: 1, max });
const activation = fc.constantFrom(
  'relu',
  'leaky-relu',
  'gelu',
  'silu',
  'sigmoid',
  'tanh',
  'identity',
);

/** A convolution of any kernel, stride, padding and groups that fit. */
const drawnConv = fc.record({
  filters: upTo(4),
  kernel: fc.tuple(upTo(5), upTo(4)),
  stride: fc.tuple(upTo(3), upTo(3)),
  padding: fc.oneof(fc.constant('same'), fc.tuple(fc.nat(2), fc.nat(2))),
  bias: fc.boolean(),
});

export const DRAWN: fc.Arbitrary<SmallNetwork & { readonly samples: number }> = fc
  .record({
    channels: upTo(3),
    rows: upTo(9),
    columns: upTo(8),
    first: drawnConv,
    grouping: fc.constantFrom('none', 'groups', 'depthwise'),
    second: drawnConv,
    activations: fc.tuple(activation, activation, activation),
    norm: fc.constantFrom('none', 'batch-norm', 'all', 'channels'),
    pool: fc.constantFrom('none', 'max-pool', 'average-pool', 'global-average-pool'),
    size: fc.tuple(upTo(3), upTo(3)),
    poolStride: fc.option(fc.tuple(upTo(2), upTo(2))),
    padded: fc.boolean(),
    join: fc.constantFrom('none', 'add', 'multiply', 'gate', 'concat'),
    dropout: fc.boolean(),
    hidden: upTo(9),
    classes: fc.integer({ min: 2, max: 7 }),
    batch: upTo(6),
    samples: fc.integer({ min: 2, max: 9 }),
  })
  .map((d) => {
    const layers: object[] = [];
    let size: [number, number] = [d.rows, d.columns];
    const addConv = (
      { filters, kernel, stride, padding, bias }: typeof d.first,
      groups: number,
      of: number,
    ): number => {
      const pad = padding === 'same' ? undefined : padding;
      const fitted = size.map((n, k) =>
        pad === undefined ? kernel[k]! : Math.min(kernel[k]!, n + 2 * pad[k]!),
      );
      const count = groups === 0 ? of * Math.min(2, filters) : filters * groups;
      layers.push(
        conv(count, fitted, {
          stride,
          padding,
          bias,
          ...(groups === 0 ? { groups: 'depthwise' } : { groups }),
        }),
      );
      size = size.map((n, k) =>
        pad === undefined
          ? Math.ceil(n / stride[k]!)
          : Math.floor((n + 2 * pad[k]! - fitted[k]!) / stride[k]!) + 1,
      ) as [number, number];
      return count;
    };
    const filters = addConv(d.first, 1, d.channels);
    layers.push(plain(d.activations[0]));
    const groups =
      d.grouping === 'depthwise' ? 0 : d.grouping === 'groups' && filters % 2 === 0 ? 2 : 1;
    const count = addConv(d.second, groups, filters);
    if (d.norm === 'batch-norm') layers.push(plain('batch-norm', { epsilon: 0.05 }));
    else if (d.norm !== 'none') layers.push(plain('layer-norm', { over: d.norm, epsilon: 0.05 }));
    layers.push({ ...plain(d.activations[1]), id: 'x' });
    if (d.join === 'gate')
      layers.push(GAP, conv(count, [1, 1], {}), { ...plain('sigmoid'), id: 'y' });
    else if (d.join !== 'none') layers.push({ ...conv(count, [3, 3], { padding: 1 }), id: 'y' });
    if (d.join === 'gate' || d.join === 'multiply')
      layers.push(plain('multiply', { from: ['x', 'y'] }));
    else if (d.join !== 'none') layers.push(plain(d.join, { from: ['x', 'y'] }));
    if (d.pool === 'global-average-pool') layers.push(GAP);
    else if (d.pool !== 'none') {
      const window = d.size.map((n, k) => Math.min(n, size[k]!));
      const padding = d.padded ? window.map((n) => Math.floor(n / 2)) : [0, 0];
      layers.push(plain(d.pool, { size: window, stride: d.poolStride ?? window, padding }));
    }
    layers.push(FLAT);
    if (d.dropout) layers.push(plain('dropout', { rate: { $param: 'dropout' } }));
    layers.push(dense(d.hidden), plain(d.activations[2]), dense(d.classes));
    return {
      name: 'drawn',
      shape: [d.channels, d.rows, d.columns],
      layers,
      batch: d.batch,
      samples: d.samples,
    };
  });

/**
 * Any graph: vectors of four numbers through layers that read one or two earlier layers; outputs
 * without a reader are summed at the end.
 */
export const GRAPHS: fc.Arbitrary<SmallNetwork> = fc
  .array(
    fc.record({
      type: fc.constantFrom(
        'dense',
        'relu',
        'tanh',
        'silu',
        'identity',
        'dropout',
        'batch-norm',
        'add',
        'multiply',
        'concat',
      ),
      first: fc.nat(20),
      second: fc.nat(20),
    }),
    { minLength: 2, maxLength: 12 },
  )
  .map((drawn) => {
    const layers: object[] = [FLAT, { ...dense(4), id: 'n0' }];
    const unread = new Set(['n0']);
    drawn.forEach(({ type, first, second }, i) => {
      const [id, a, b] = [
        `n${String(i + 1)}`,
        `n${String(first % (i + 1))}`,
        `n${String(second % (i + 1))}`,
      ];
      unread.delete(a);
      if (type === 'add' || type === 'multiply') layers.push({ type, id, from: [a, b] });
      else if (type === 'concat') layers.push({ type, from: [a, b] }, { ...dense(4), id });
      else layers.push({ type, id, from: a, ...FIELDS[type] });
      if (type === 'add' || type === 'multiply' || type === 'concat') unread.delete(b);
      unread.add(id);
    });
    if (unread.size > 1) layers.push(plain('add', { from: [...unread] }));
    return { name: 'drawn', shape: [1, 2, 3], layers: [...layers, dense(3)], batch: 5 };
  });

const FIELDS: Readonly<Record<string, object>> = {
  dense: { units: 4 },
  dropout: { rate: { $param: 'dropout' } },
  'batch-norm': { epsilon: 0.1 },
};
