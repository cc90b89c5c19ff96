/** Geometry of windows that slide over images: of convolutions, dense layers and pools. */
import { bufferAt, numberOf, pairOf, type Op, type Plan } from '../../../plan/plan.ts';
import { u } from '../kernel.ts';

type Pair = readonly [rows: number, columns: number];

export interface Windows {
  /** Channels, height and width of the larger image. */
  readonly c: number;
  readonly h: number;
  readonly w: number;
  /** Channels, height and width of the smaller image: one pixel for each window. */
  readonly o: number;
  readonly rows: number;
  readonly columns: number;
  readonly kernel: Pair;
  readonly stride: Pair;
  readonly padding: Pair;
  readonly groups: number;
  /** Pixels of the larger and of the smaller image. */
  readonly plane: number;
  readonly out: number;
  readonly taps: number;
}

interface Sliding {
  readonly kernel: Pair;
  readonly stride: Pair;
  readonly padding: Pair;
  readonly groups: number;
}

function windows(
  plan: Plan,
  large: number | undefined,
  small: number | undefined,
  s: Sliding,
): Windows {
  const [c = 1, h = 1, w = 1] = bufferAt(plan, [large ?? -1], 0).shape;
  const [o = 1, rows = 1, columns = 1] = bufferAt(plan, [small ?? -1], 0).shape;
  const taps = s.kernel[0] * s.kernel[1];
  return { c, h, w, o, rows, columns, ...s, plane: h * w, out: rows * columns, taps };
}

/** A dense layer is a convolution of images of one pixel. */
export function convWindows(
  plan: Plan,
  op: Op,
  large: number | undefined,
  small: number | undefined,
): Windows {
  if (op.kind.startsWith('dense')) {
    const sliding = { kernel: [1, 1], stride: [1, 1], padding: [0, 0], groups: 1 } as const;
    const { c, o, ...rest } = windows(plan, large, small, sliding);
    return { ...rest, c, o, h: 1, w: 1, rows: 1, columns: 1, plane: 1, out: 1 };
  }
  return windows(plan, large, small, {
    kernel: pairOf(op, 'kernel'),
    stride: pairOf(op, 'stride'),
    padding: pairOf(op, 'padding'),
    groups: numberOf(op, 'groups'),
  });
}

export function poolWindows(
  plan: Plan,
  op: Op,
  large: number | undefined,
  small: number | undefined,
): Windows {
  return windows(plan, large, small, {
    kernel: pairOf(op, 'size'),
    stride: pairOf(op, 'stride'),
    padding: pairOf(op, 'padding'),
    groups: 1,
  });
}

export function isDepthwise({ groups, c }: Windows): boolean {
  return groups === c && groups > 1;
}

/** Declares y, x (i32): the pixel of the large image that tap `tap` of small pixel `p` reads. */
export function reach({ columns, kernel, stride, padding }: Windows): string {
  const [y, x] = [`p / ${u(columns)} * ${u(stride[0])}`, `p % ${u(columns)} * ${u(stride[1])}`];
  const [row, column] = [`tap / ${u(kernel[1])}`, `tap % ${u(kernel[1])}`];
  return `let y = i32(${y} + ${row}) - ${String(padding[0])};
    let x = i32(${x} + ${column}) - ${String(padding[1])};`;
}

/** WGSL condition: y, x lies in the large image. */
export function inside({ h, w }: Windows): string {
  return `y >= 0 && y < ${String(h)} && x >= 0 && x < ${String(w)}`;
}

/** Declares y, x (i32): `stride` times the small pixel whose tap `tap` reads large pixel `p`. */
export function reachBack({ w, kernel, padding }: Windows): string {
  const [row, column] = [`tap / ${u(kernel[1])}`, `tap % ${u(kernel[1])}`];
  return `let y = i32(p / ${u(w)}) + ${String(padding[0])} - i32(${row});
    let x = i32(p % ${u(w)}) + ${String(padding[1])} - i32(${column});`;
}

/** WGSL condition: there is such a small pixel. */
export function hit({ stride, rows, columns }: Windows): string {
  const of = (v: string, step: number, size: number): string =>
    `${v} >= 0 && ${v} % ${String(step)} == 0 && ${v} / ${String(step)} < ${String(size)}`;
  return `${of('y', stride[0], rows)} && ${of('x', stride[1], columns)}`;
}

/** Its index. */
export function hitPixel({ stride, columns }: Windows): string {
  return `u32(y / ${String(stride[0])} * ${String(columns)} + x / ${String(stride[1])})`;
}
