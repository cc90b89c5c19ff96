/** Kernels as text, the two shapes that most of them have, and their parameters. */
import { LANE_WORDS } from './prelude.ts';

export interface Kernel {
  readonly name: string;
  /**
   * WGSL without the prelude. Values in `parameter` marks become immediates, so that ops that
   * differ in nothing else share a pipeline.
   */
  readonly code: string;
  /** Workgroups in x and y; z: live lanes of the segment, or steps of the dispatch. */
  readonly groups: readonly [x: number, y: number];
  readonly perLane: boolean;
  /** True if y is multiplied by the steps of the dispatch. */
  readonly perStep?: boolean;
  /** Floating-point operations of a lane; 0 or absent where memory is the limit. */
  readonly flops?: number;
  /** Element-wise kernels: the text of one item, for kernels that run several ops. */
  readonly item?: Item;
  /** Matrix products: rows and columns. */
  readonly sides?: { readonly m: number; readonly n: number };
}

export interface Item {
  readonly count: number;
  /** WGSL that knows the item's index `i`. */
  readonly body: string;
  /** Functions that it calls. */
  readonly functions: string;
}

/** Threads of a workgroup of element-wise kernels and reductions. */
export const WIDE = 64;
/** Most workgroups in one dimension that every card allows. */
const MOST_GROUPS = 65_535;
/** Terms that one thread adds one after another; more, and sums that cancel lose digits. */
const BLOCK = 32;

const ENTRY = `@compute @workgroup_size(${String(WIDE)})
fn main(@builtin(workgroup_id) w: vec3<u32>, @builtin(local_invocation_index) t: u32) {`;
/** Index of the lane in its segment, and of its words in `lanes`. */
export const LANE = `let place = ${String(LANE_WORDS)}u * w.z; let lane = lanes[place];`;

export const u = (value: number): string => `${String(value)}u`;

export const range = (n: number): number[] => Array.from({ length: n }, (_, i) => i);

/** A u32 that may differ between kernels of equal text. */
export const parameter = (value: number): string => `#${String(value)}#`;

/**
 * Mark of an access to a value of `bytes` in a whole batch, for counts of traffic. Each kernel
 * counts a value once. Marks are removed before a text is compiled.
 */
export function access(kind: '<' | '>', name: string, bytes: number): string {
  return `/*${kind}${name}:${String(bytes)}*/`;
}

const ACCESS = /\/\*([<>]\w+):(\d+)\*\//g;

/** Bytes that a kernel reads and writes in a step, of one lane and for each of its values once. */
export function trafficOf({ code }: Pick<Kernel, 'code'>): number {
  const bytes = new Map(
    Array.from(code.matchAll(ACCESS), ([, name, size]) => [name, Number(size)] as const),
  );
  return Array.from(bytes.values()).reduce((sum, size) => sum + size, 0);
}

/** Floating-point operations in the time of a byte from memory, on cards of this decade. */
const FLOPS_A_BYTE = 16;

/** Share of a step's time that each kernel takes, estimated from its operations and traffic. */
export function sharesOf(kernels: readonly Kernel[]): readonly number[] {
  const costs = kernels.map((kernel) =>
    Math.max(1, trafficOf(kernel), (kernel.flops ?? 0) / FLOPS_A_BYTE),
  );
  const sum = costs.reduce((all, cost) => all + cost, 0);
  return costs.map((cost) => cost / sum);
}

/** One thread for each of `items`. `body` knows `i`, and `lane` if `perLane`. */
export function each(
  name: string,
  items: number,
  body: string,
  { perLane = true, functions = '' } = {},
): Kernel {
  const groups = Math.ceil(items / WIDE);
  const x = Math.min(groups, MOST_GROUPS);
  const code = `${functions}
${ENTRY}
  let i = (w.y * ${u(x)} + w.x) * ${u(WIDE)} + t; if (i >= ${u(items)}) { return; }
  ${perLane ? LANE : ''}
  ${body}
}`;
  const item = { count: items, body, functions };
  return { name, code, groups: [x, Math.ceil(groups / x)], perLane, item };
}

/**
 * One workgroup for each of `count` sums. `body` knows `k`, `t`, `lane` and `total(t, v)`, the sum
 * over the threads: a tree of fixed shape, so that its bits depend on nothing else.
 */
export function sums(name: string, count: number, body: string, functions = ''): Kernel {
  const code = `${functions}
var<workgroup> tree: array<f32, ${String(WIDE)}>;
fn total(t: u32, v: f32) -> f32 {
  workgroupBarrier(); tree[t] = v; workgroupBarrier();
  for (var h = ${u(WIDE / 2)}; h > 0u; h >>= 1u) {
    if (t < h) { tree[t] += tree[t + h]; } workgroupBarrier();
  }
  return tree[0];
}
${ENTRY}
  ${LANE} let k = w.x + w.y * ${u(MOST_GROUPS)};
  ${count > MOST_GROUPS ? `if (k >= ${u(count)}) { return; }` : ''}
  ${body}
}`;
  const x = Math.min(count, MOST_GROUPS);
  return { name, code, groups: [x, Math.ceil(count / x)], perLane: true };
}

export interface Loop {
  readonly start: string;
  readonly end: string;
  readonly step?: number;
}

/**
 * Sums over a loop, in blocks of few terms. Declares a variable for each name; `body` adds to
 * `part_<name>` the terms of element `q`.
 */
export function inBlocks(names: readonly string[], loop: Loop, body: string): string {
  const { start, end, step = 1 } = loop;
  const block = u(BLOCK * step);
  return `${names.map((name) => `var ${name} = 0.0;`).join(' ')}
  for (var f = ${start}; f < ${end}; f += ${block}) {
    ${names.map((name) => `var part_${name} = 0.0;`).join(' ')}
    for (var q = f; q < min(${end}, f + ${block}); q += ${u(step)}) { ${body} }
    ${names.map((name) => `${name} += part_${name};`).join(' ')}
  }`;
}

export interface Parametrised {
  readonly code: string;
  readonly values: readonly number[];
}

/**
 * Replaces the marks of `parameter` by immediates, numbered by first appearance; those that do not
 * fit become literals.
 * @param most immediates that a dispatch may have
 */
export function parametrised(code: string, most: number): Parametrised {
  const values: number[] = [];
  const replaced = code.replaceAll(ACCESS, '').replaceAll(/#(\d+)#/g, (_, text: string) => {
    const value = Number(text);
    let place = values.indexOf(value);
    if (place < 0 && values.length < most) place = values.push(value) - 1;
    return place < 0 ? u(value) : `im.p${String(place)}`;
  });
  if (values.length === 0) return { code: replaced, values };
  const fields = values.map((_, i) => `p${String(i)}: u32`).join(', ');
  const declared = `struct Parameters { ${fields} }\nvar<immediate> im: Parameters;\n`;
  return { code: `${declared}${replaced}`, values };
}
