/**
 * conv backwards, from a list of contributions. Each nonzero gradient of an output pixel of one sample is one entry (its window's
 * offset in the sample layout, its value): zeros from relu and dropout, and all but the winner of a pooling window, cost nothing.
 * Vectors run along a row of the kernel: an entry adds value·window to the weight gradient, and value·weights to the input's gradient.
 * A weight's sum runs over tiles ascending, inside a tile over positions, then samples.
 */
import type { Body, Local } from '../instructions.ts';
import { LANE, PACKING, pushLaneSum } from './frame.ts';

export interface ConvBackward {
  /** Sample layout, padding included: address, bytes a sample, rows and columns of a plane. */
  readonly input: { readonly address: number; readonly sampleBytes: number; readonly rows: number; readonly columns: number };
  /** Same layout as the input; undefined: no gradient wanted. */
  readonly inputGradient: number | undefined;
  /** Tile layout: gradients of the convolution's output, or of the pool's with the winners' offsets. */
  readonly gradient: {
    readonly address: number;
    readonly rows: number;
    readonly columns: number;
    /** Step of the window's corner from one gradient to the next, in input pixels. */
    readonly stride: readonly [number, number];
    readonly code: number | undefined;
  };
  readonly groups: number;
  readonly filtersPerGroup: number;
  readonly channelsPerGroup: number;
  readonly kernel: readonly [number, number];
  /** Byte offsets into the lane's block. */
  readonly weight: number;
  readonly weightGradient: number;
  readonly biasGradient: number | undefined;
  /** Room for the entries of one filter: offsets (int32), then values (float32), `listBytes` each. */
  readonly list: number;
  readonly listBytes: number;
}

/** Bytes for the offsets (or the values) of one filter's entries; packing writes 16 bytes past the end. */
export function listBytes(positions: number): number {
  return positions * 16 + 16;
}

/** Sums at once in the weight gradient: V8 loads a block's operands before it uses them, so as many registers again are taken. */
const SUMS = 6;
/** Rows of weights held at once in the input's gradient, where stores keep loads in their place. */
const ROWS = 11;
/** Entries in one accumulator. */
const LONGEST_SUM = 4096;

/** Four taps of a kernel's row: `width` of them real. */
interface RowPart {
  readonly channel: number;
  readonly row: number;
  readonly column: number;
  readonly width: number;
}

export function emitConvBackward(body: Body, conv: ConvBackward): void {
  const [rows, columns] = [conv.gradient.rows, conv.gradient.columns];
  const planeBytes = conv.input.rows * conv.input.columns * 4;
  const taps = conv.kernel[0] * conv.kernel[1];
  const [source, weight, weightGradient, biasGradient, end] = body.locals('i32', 5) as [Local, Local, Local, Local, Local];
  body.i32(conv.gradient.address).set(source);
  body.get(LANE).i32(conv.weight).plain('i32.add').set(weight);
  body.get(LANE).i32(conv.weightGradient).plain('i32.add').set(weightGradient);
  body
    .get(LANE)
    .i32(conv.biasGradient ?? 0)
    .plain('i32.add')
    .set(biasGradient);
  if (conv.inputGradient !== undefined) body.clear(conv.inputGradient, conv.input.sampleBytes * 4);
  const channels = blocks(conv);
  for (let group = 0; group < conv.groups; group++) {
    const base = group * conv.channelsPerGroup * planeBytes;
    body.repeat(
      conv.filtersPerGroup,
      [
        [source, rows * columns * 16],
        [biasGradient, 4],
      ],
      () => {
        emitList(body, conv, source, biasGradient, end);
        const plane = body.local('i32');
        body.i32(0).set(plane);
        for (const { parts, count, step } of channels) {
          const moving = [
            [plane, planeBytes * step],
            [weight, taps * 4 * step],
            [weightGradient, taps * 4 * step],
          ] as const;
          body.repeat(count, moving, () => {
            for (const part of chunk(parts, SUMS)) emitWeightGradient(body, conv, part, { base, plane, weightGradient, end });
            if (conv.inputGradient !== undefined)
              for (const part of chunk(parts, ROWS)) emitInputGradient(body, conv, part, { base, plane, weight, end });
          });
        }
        body.release('i32', plane);
      },
    );
  }
  body.release('i32', source, weight, weightGradient, biasGradient, end);
}

/** Row parts of a walk through the channels; small kernels take several channels at once. */
function blocks({
  kernel,
  channelsPerGroup,
}: ConvBackward): { readonly parts: readonly RowPart[]; readonly count: number; readonly step: number }[] {
  const perChannel = kernel[0] * Math.ceil(kernel[1] / 4);
  const step = Math.max(1, Math.min(channelsPerGroup, Math.floor(ROWS / perChannel)));
  const rest = channelsPerGroup % step;
  const whole = { parts: rowParts(kernel, step), count: (channelsPerGroup - rest) / step, step };
  return rest === 0 ? [whole] : [whole, { parts: rowParts(kernel, rest), count: 1, step: rest }];
}

function rowParts(kernel: readonly [number, number], channels: number): RowPart[] {
  const parts: RowPart[] = [];
  for (let channel = 0; channel < channels; channel++) {
    for (let row = 0; row < kernel[0]; row++) {
      for (let column = 0; column < kernel[1]; column += 4) parts.push({ channel, row, column, width: Math.min(4, kernel[1] - column) });
    }
  }
  return parts;
}

/** Even chunks of at most `most`. */
function chunk(parts: readonly RowPart[], most: number): RowPart[][] {
  const size = Math.ceil(parts.length / Math.ceil(parts.length / most));
  const chunks: RowPart[][] = [];
  for (let i = 0; i < parts.length; i += size) chunks.push(parts.slice(i, i + size));
  return chunks;
}

/** Packs the nonzero gradients of one filter's plane; adds their sum to the bias gradient; leaves the offsets' end address. */
function emitList(body: Body, conv: ConvBackward, source: Local, biasGradient: Local, end: Local): void {
  const { gradient, input } = conv;
  const [from, mask] = body.locals('i32', 2) as [Local, Local];
  const [g, sum, place, order] = body.locals('v128', 4) as [Local, Local, Local, Local];
  const [dy, dx] = [gradient.stride[0] * input.columns * 4, gradient.stride[1] * 4];
  body.get(source).set(from).i32(conv.list).set(end);
  body
    .i32x4(0, input.sampleBytes, 2 * input.sampleBytes, 3 * input.sampleBytes)
    .set(place)
    .f32x4(0)
    .set(sum);
  body.repeat(gradient.rows, [], () => {
    body.repeat(gradient.columns, [[from, 16]], () => {
      body.get(from).load('v128').tee(g).f32x4(0).vector('f32x4.ne').vector('i32x4.bitmask').tee(mask);
      body.i32(4).plain('i32.shl').load('v128', PACKING).set(order);
      body.get(sum).get(g).vector('f32x4.add').set(sum);
      body.get(end).get(place);
      if (gradient.code !== undefined) {
        // The code's buffer mirrors the gradient's, so one pointer serves both.
        body
          .get(from)
          .i32(gradient.code - gradient.address)
          .plain('i32.add')
          .load('v128')
          .vector('i32x4.add');
      }
      body.get(order).vector('i8x16.swizzle').store('v128');
      body.get(end).get(g).get(order).vector('i8x16.swizzle').store('v128', conv.listBytes);
      body.get(end).get(mask).plain('i32.popcnt').i32(2).plain('i32.shl').plain('i32.add').set(end);
      body.get(place).i32x4(dx, dx, dx, dx).vector('i32x4.add').set(place);
    });
    const down = dy - gradient.columns * dx;
    body.get(place).i32x4(down, down, down, down).vector('i32x4.add').set(place);
  });
  if (conv.biasGradient !== undefined) {
    body.get(biasGradient).get(biasGradient).load('f32');
    pushLaneSum(body, sum);
    body.plain('f32.add').store('f32');
  }
  body.release('i32', from, mask);
  body.release('v128', g, sum, place, order);
}

interface Pointers {
  /** Bytes of the group's first plane. */
  readonly base: number;
  /** Local: bytes of the channel's plane within the group. */
  readonly plane: Local;
  readonly end: Local;
}

/** Walks the list; `entry` gets the window's pointer (offset + plane) and the value in all four lanes. */
function eachEntry(
  body: Body,
  conv: ConvBackward,
  { plane, end }: Pointers,
  start: Local,
  entry: (window: Local, value: Local) => void,
  until: Local = end,
): void {
  const window = body.local('i32');
  const value = body.local('v128');
  body.while(start, until, () => {
    body.get(start).load('i32').get(plane).plain('i32.add').set(window);
    body.get(start).loadSplat(conv.listBytes).set(value);
    entry(window, value);
    body.advance(start, 4);
  });
  body.release('i32', window);
  body.release('v128', value);
}

/** Byte offset of a row part in a plane of the sample layout. */
function partOffset(conv: ConvBackward, part: RowPart): number {
  return ((part.channel * conv.input.rows + part.row) * conv.input.columns + part.column) * 4;
}

function emitWeightGradient(
  body: Body,
  conv: ConvBackward,
  parts: readonly RowPart[],
  pointers: Pointers & { readonly weightGradient: Local },
): void {
  const entry = body.local('i32');
  const sums = body.locals('v128', parts.length);
  const positions = conv.gradient.rows * conv.gradient.columns * 4;
  const long = positions > LONGEST_SUM;
  const until = long ? body.local('i32') : pointers.end;
  const pass = (): void => {
    for (const sum of sums) body.f32x4(0).set(sum);
    eachEntry(
      body,
      conv,
      pointers,
      entry,
      (window, value) => {
        parts.forEach((part, k) => {
          const sum = sums[k] ?? 0;
          body
            .get(sum)
            .get(window)
            .load('v128', conv.input.address + pointers.base + partOffset(conv, part));
          body.get(value).vector('f32x4.mul').vector('f32x4.add').set(sum);
        });
      },
      until,
    );
    parts.forEach((part, k) => addRow(body, conv, part, sums[k] ?? 0, pointers.weightGradient));
  };
  body.i32(conv.list).set(entry);
  if (!long) pass();
  else {
    body.while(entry, pointers.end, () => {
      body
        .get(entry)
        .i32(LONGEST_SUM * 4)
        .plain('i32.add')
        .tee(until)
        .get(pointers.end);
      body.get(until).get(pointers.end).plain('i32.lt_u').plain('select').set(until);
      pass();
    });
    body.release('i32', until);
  }
  body.release('i32', entry);
  body.release('v128', ...sums);
}

/** Adds the real taps of a row part to the weight gradient. */
function addRow(body: Body, conv: ConvBackward, part: RowPart, sum: Local, weightGradient: Local): void {
  const offset = weightOffset(conv, part);
  if (part.width === 4) {
    body.get(weightGradient).get(weightGradient).load('v128', offset).get(sum).vector('f32x4.add').store('v128', offset);
    return;
  }
  for (let tap = 0; tap < part.width; tap++) {
    body
      .get(weightGradient)
      .get(weightGradient)
      .load('f32', offset + 4 * tap)
      .get(sum)
      .extract('f32', tap)
      .plain('f32.add')
      .store('f32', offset + 4 * tap);
  }
}

function weightOffset(conv: ConvBackward, part: RowPart): number {
  return ((part.channel * conv.kernel[0] + part.row) * conv.kernel[1] + part.column) * 4;
}

function emitInputGradient(
  body: Body,
  conv: ConvBackward,
  parts: readonly RowPart[],
  pointers: Pointers & { readonly weight: Local },
): void {
  const entry = body.local('i32');
  const rows = body.locals('v128', parts.length);
  parts.forEach((part, k) => {
    body.get(pointers.weight).load('v128', weightOffset(conv, part));
    if (part.width < 4) {
      const [a = 0, b = 0, c = 0, d = 0] = [0, 1, 2, 3].map((tap) => (tap < part.width ? -1 : 0));
      body.i32x4(a, b, c, d).vector('v128.and');
    }
    body.set(rows[k] ?? 0);
  });
  body.i32(conv.list).set(entry);
  const address = (conv.inputGradient ?? 0) + pointers.base;
  eachEntry(body, conv, pointers, entry, (window, value) => {
    parts.forEach((part, k) => {
      const offset = address + partOffset(conv, part);
      body
        .get(window)
        .get(window)
        .load('v128', offset)
        .get(value)
        .get(rows[k] ?? 0)
        .vector('f32x4.mul')
        .vector('f32x4.add')
        .store('v128', offset);
    });
  });
  body.release('i32', entry);
  body.release('v128', ...rows);
}
