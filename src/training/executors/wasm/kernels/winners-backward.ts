/**
 * Gradients of a pooled convolution from a sparse list. Each nonzero gradient of a pooled pixel of
 * one sample is one entry (the winner's offset in sample layout, and the value), so zeros from relu
 * and dropout and all but the winners of windows cost nothing. Vectors run along a kernel row: an
 * entry adds value·window to the weight gradient and value·weights to the input gradient. A
 * weight's sum runs over tiles ascending, within a tile over positions, then over samples.
 * Parameters: x (sample layout), g (tile layout), codes (layout of g), w, w', b', list (2 ·
 * `listBytes`), x' (sample layout).
 */
import { at } from '../../../../core/at.ts';
import type { Body, Local } from '../instructions.ts';
import { LONGEST_SUM } from './blocks.ts';
import { PACKING, pushLaneSum } from './frame.ts';
import { keyOf, type Kernel } from './kernel.ts';

export interface WinnersBackward {
  /** x with its padding: bytes per sample, rows and columns per plane. */
  readonly input: { readonly sampleBytes: number; readonly rows: number; readonly columns: number };
  readonly wantsInput: boolean;
  readonly bias: boolean;
  /**
   * The pooled gradient. `stride`: distance of the window's corner between neighbouring gradients,
   * in input pixels.
   */
  readonly gradient: {
    readonly rows: number;
    readonly columns: number;
    readonly stride: readonly [number, number];
  };
  readonly groups: number;
  readonly filtersPerGroup: number;
  readonly channelsPerGroup: number;
  readonly kernel: readonly [number, number];
}

/**
 * Bytes for the offsets (or the values) of one filter's entries; packing may write 16 bytes past
 * the end.
 */
export function listBytes(positions: number): number {
  return positions * 16 + 16;
}

/**
 * Number of concurrent sums in the weight gradient. V8 loads a block's operands before use, so
 * twice as many registers are occupied.
 */
const SUMS = 6;
/**
 * Number of weight rows held at once in the input gradient, where stores prevent V8 from moving
 * loads.
 */
const ROWS = 11;

/** Four taps of a kernel row, of which `width` exist. */
interface RowPart {
  readonly channel: number;
  readonly row: number;
  readonly column: number;
  readonly width: number;
}

export function winnersBackward(shape: WinnersBackward): Kernel {
  return {
    key: keyOf('winners-backward', shape),
    parameters: 8,
    emit: (
      body,
      [
        x = 0,
        g = 0,
        code = 0,
        w = 0,
        weightGradient = 0,
        biasGradient = 0,
        list = 0,
        inputGradient = 0,
      ],
    ) => {
      emitAll(body, shape, { x, g, code, w, weightGradient, biasGradient, list, inputGradient });
    },
  };
}

type Operands = Record<
  'x' | 'g' | 'code' | 'w' | 'weightGradient' | 'biasGradient' | 'list' | 'inputGradient',
  Local
>;

function emitAll(body: Body, conv: WinnersBackward, p: Operands): void {
  const { rows, columns } = conv.gradient;
  const planeBytes = conv.input.rows * conv.input.columns * 4;
  const taps = conv.kernel[0] * conv.kernel[1];
  const [end, plane, inputPlane] = body.locals('i32', 3) as [Local, Local, Local];
  if (conv.wantsInput) body.clearAt(p.inputGradient, conv.input.sampleBytes * 4);
  const channels = blocks(conv);
  const group: [Local, number][] = [
    [p.x, conv.channelsPerGroup * planeBytes],
    [p.inputGradient, conv.channelsPerGroup * planeBytes],
  ];
  body.repeat(conv.groups, group, () => {
    const filter: [Local, number][] = [
      [p.g, rows * columns * 16],
      [p.code, rows * columns * 16],
      [p.biasGradient, 4],
    ];
    body.repeat(conv.filtersPerGroup, filter, () => {
      emitList(body, conv, p, end);
      body.get(p.x).set(plane).get(p.inputGradient).set(inputPlane);
      for (const { parts, count, step } of channels) {
        const moving: [Local, number][] = [
          [plane, planeBytes * step],
          [inputPlane, planeBytes * step],
          [p.w, taps * 4 * step],
          [p.weightGradient, taps * 4 * step],
        ];
        body.repeat(count, moving, () => {
          for (const part of chunk(parts, SUMS))
            emitWeightGradient(body, conv, part, { ...p, plane, end });
          if (conv.wantsInput)
            for (const part of chunk(parts, ROWS))
              emitInputGradient(body, conv, part, { ...p, plane: inputPlane, end });
        });
      }
    });
  });
  body.release('i32', end, plane, inputPlane);
}

/** Parts of rows for a loop over the channels; small kernels process several channels at once. */
function blocks({ kernel, channelsPerGroup }: WinnersBackward): {
  readonly parts: readonly RowPart[];
  readonly count: number;
  readonly step: number;
}[] {
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
      for (let column = 0; column < kernel[1]; column += 4)
        parts.push({ channel, row, column, width: Math.min(4, kernel[1] - column) });
    }
  }
  return parts;
}

/** Splits into chunks of equal size, at most `most`. */
function chunk(parts: readonly RowPart[], most: number): RowPart[][] {
  const size = Math.ceil(parts.length / Math.ceil(parts.length / most));
  const chunks: RowPart[][] = [];
  for (let i = 0; i < parts.length; i += size) chunks.push(parts.slice(i, i + size));
  return chunks;
}

/**
 * Packs the nonzero gradients of one filter's plane, adds their sum to the bias gradient, and sets
 * `end` to the end address of the offsets.
 */
function emitList(body: Body, conv: WinnersBackward, p: Operands, end: Local): void {
  const { gradient, input } = conv;
  const [from, code, mask] = body.locals('i32', 3) as [Local, Local, Local];
  const [g, sum, place, order] = body.locals('v128', 4) as [Local, Local, Local, Local];
  const [dy, dx] = [gradient.stride[0] * input.columns * 4, gradient.stride[1] * 4];
  body.get(p.g).set(from).get(p.code).set(code).get(p.list).set(end);
  body
    .i32x4(0, input.sampleBytes, 2 * input.sampleBytes, 3 * input.sampleBytes)
    .set(place)
    .f32x4(0)
    .set(sum);
  const across: [Local, number][] = [
    [from, 16],
    [code, 16],
  ];
  body.repeat(gradient.rows, [], () => {
    body.repeat(gradient.columns, across, () => {
      body
        .get(from)
        .load('v128')
        .tee(g)
        .f32x4(0)
        .vector('f32x4.ne')
        .vector('i32x4.bitmask')
        .tee(mask);
      body.i32(4).plain('i32.shl').load('v128', PACKING).set(order);
      body.get(sum).get(g).vector('f32x4.add').set(sum);
      body.get(end).get(place).get(code).load('v128').vector('i32x4.add');
      body.get(order).vector('i8x16.swizzle').store('v128');
      body
        .get(end)
        .get(g)
        .get(order)
        .vector('i8x16.swizzle')
        .store('v128', listBytes(gradient.rows * gradient.columns));
      body.get(end).get(mask).plain('i32.popcnt').i32(2).plain('i32.shl').plain('i32.add').set(end);
      body.get(place).i32x4(dx, dx, dx, dx).vector('i32x4.add').set(place);
    });
    const down = dy - gradient.columns * dx;
    body.get(place).i32x4(down, down, down, down).vector('i32x4.add').set(place);
  });
  if (conv.bias) {
    body.get(p.biasGradient).get(p.biasGradient).load('f32');
    pushLaneSum(body, sum);
    body.plain('f32.add').store('f32');
  }
  body.release('i32', from, code, mask);
  body.release('v128', g, sum, place, order);
}

interface Pointers extends Operands {
  /** Address of the channel's plane in sample layout. */
  readonly plane: Local;
  readonly end: Local;
}

/**
 * Emits a loop over the list; `entry` receives the window's pointer (offset + plane) and the value
 * in all four lanes.
 */
function eachEntry(
  body: Body,
  conv: WinnersBackward,
  { plane, end }: Pointers,
  start: Local,
  entry: (window: Local, value: Local) => void,
  until: Local = end,
): void {
  const window = body.local('i32');
  const value = body.local('v128');
  body.while(start, until, () => {
    body.get(start).load('i32').get(plane).plain('i32.add').set(window);
    body
      .get(start)
      .loadSplat(listBytes(conv.gradient.rows * conv.gradient.columns))
      .set(value);
    entry(window, value);
    body.advance(start, 4);
  });
  body.release('i32', window);
  body.release('v128', value);
}

/** Byte offset of a row part within a plane in sample layout. */
function partOffset(conv: WinnersBackward, part: RowPart): number {
  return ((part.channel * conv.input.rows + part.row) * conv.input.columns + part.column) * 4;
}

function emitWeightGradient(
  body: Body,
  conv: WinnersBackward,
  parts: readonly RowPart[],
  pointers: Pointers,
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
          const sum = at(sums, k);
          body
            .pushMultiplyAdd(
              () => body.get(sum),
              () => body.get(window).load('v128', partOffset(conv, part)),
              () => body.get(value),
            )
            .set(sum);
        });
      },
      until,
    );
    parts.forEach((part, k) => addRow(body, conv, part, at(sums, k), pointers.weightGradient));
  };
  body.get(pointers.list).set(entry);
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

/** Adds the existing taps of a row part to the weight gradient. */
function addRow(
  body: Body,
  conv: WinnersBackward,
  part: RowPart,
  sum: Local,
  weightGradient: Local,
): void {
  const offset = weightOffset(conv, part);
  if (part.width === 4) {
    body
      .get(weightGradient)
      .get(weightGradient)
      .load('v128', offset)
      .get(sum)
      .vector('f32x4.add')
      .store('v128', offset);
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

function weightOffset(conv: WinnersBackward, part: RowPart): number {
  return ((part.channel * conv.kernel[0] + part.row) * conv.kernel[1] + part.column) * 4;
}

function emitInputGradient(
  body: Body,
  conv: WinnersBackward,
  parts: readonly RowPart[],
  pointers: Pointers,
): void {
  const entry = body.local('i32');
  const rows = body.locals('v128', parts.length);
  parts.forEach((part, k) => {
    body.get(pointers.w).load('v128', weightOffset(conv, part));
    if (part.width < 4) {
      const [a = 0, b = 0, c = 0, d = 0] = [0, 1, 2, 3].map((tap) => (tap < part.width ? -1 : 0));
      body.i32x4(a, b, c, d).vector('v128.and');
    }
    body.set(at(rows, k));
  });
  body.get(pointers.list).set(entry);
  eachEntry(body, conv, pointers, entry, (window, value) => {
    parts.forEach((part, k) => {
      const offset = partOffset(conv, part);
      body
        .get(window)
        .pushMultiplyAdd(
          () => body.get(window).load('v128', offset),
          () => body.get(value),
          () => body.get(at(rows, k)),
        )
        .store('v128', offset);
    });
  });
  body.release('i32', entry);
  body.release('v128', ...rows);
}
