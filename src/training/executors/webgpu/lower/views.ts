/** Functions that compute an element of a value that is not stored. */
import { bufferAt, elements, type Op } from '../../../plan/plan.ts';
import type { Value } from '../flow.ts';
import { access, u, type Kernel } from '../kernel.ts';
import { sampleText } from './gather.ts';
import { channelOf, f, read, viewName, type Lowering } from './lowering.ts';
import { computed } from './pointwise.ts';
import { poolWindows } from './windows.ts';

/**
 * Function of a view: `i` is the element's index, `k` its channel; and one for readers that do not
 * know the channel.
 */
function viewFunctions(to: Lowering, value: Value): string {
  const { op } = value;
  if (op === undefined) throw new RangeError('a view has an op');
  const name = viewName(value);
  return `fn ${name}(lane: u32, i: u32, k: u32) -> f32 { ${body(op, to)} }
fn ${name}At(lane: u32, i: u32) -> f32 {
  return ${name}(lane, i, ${channelOf(to.plan, value.buffer, 'i')});
}
`;
}

function body(op: Op, to: Lowering): string {
  if (op.kind === 'gather') return sample(op, to);
  if (op.kind === 'max-pool-gradient') return winner(op, to);
  return `${computed(op, to, 'x', { i: 'i', k: 'k' })} return x;`;
}

/** The gradient of pixel `i` of the large image, if it won in its window. */
function winner(op: Op, to: Lowering): string {
  const s = poolWindows(to.plan, op, op.outputs[0], op.inputs[0]);
  const [kh, kw] = s.kernel;
  const inside = `row < ${u(s.rows)} && column < ${u(s.columns)}`;
  return `let p = i % ${u(s.plane)}; let y = p / ${u(s.w)}; let x = p % ${u(s.w)};
  let row = y / ${u(kh)}; let column = x / ${u(kw)}; let tap = y % ${u(kh)} * ${u(kw)} + x % ${u(kw)};
  let o = i / ${u(s.plane)} * ${u(s.out)} + row * ${u(s.columns)} + column;
  if (${inside}) {
    if (${read(to, op, 1, 'o', 'k')} == f32(tap)) { return ${read(to, op, 0, 'o', 'k')}; }
  }
  return 0.0;`;
}

/** Element `i` of the batch, from the dataset. */
function sample(op: Op, { plan }: Lowering): string {
  const { shape, type, scale, shift } = plan.input;
  const size = elements(bufferAt(plan, op.outputs, 0).shape);
  const ofChannel = (values: readonly number[]): string =>
    values
      .slice(1)
      .reduce((text, v, c) => `select(${text}, ${f(v)}, k == ${u(c + 1)})`, f(values[0] ?? 1));
  const bytes = plan.batch * elements(shape) * (type === 'u8' ? 1 : 4);
  return `let b = i / ${u(size)};
  let a = order[at.first + select(0u, b, b < at.n)] * ${u(size)} + i % ${u(size)};
  return fma(${access('<', 'data', bytes)}${sampleText(type)}, ${ofChannel(scale)}, ${ofChannel(shift)});`;
}

/** Adds the functions of the views that a kernel reads, named by their order in its text. */
export function withViews(kernel: Kernel, to: Lowering): Kernel {
  const known = new Map(Array.from(to.fusion.views, (value) => [viewName(value), value] as const));
  const needed = new Map<string, string>();
  const find = (text: string): void => {
    for (const [, name = ''] of text.matchAll(/\b(view\d+of\d+)(?:At)?\(/g)) {
      const value = known.get(name);
      if (needed.has(name) || value === undefined) continue;
      needed.set(name, '');
      const functions = viewFunctions(to, value);
      needed.set(name, functions);
      find(functions);
    }
  };
  find(kernel.code);
  if (needed.size === 0) return kernel;
  const names = [...needed.keys()];
  const code = `${Array.from(needed.values()).join('')}${kernel.code}`.replaceAll(
    /\bview\d+of\d+/g,
    (name) => `view${String(names.indexOf(name))}`,
  );
  return { ...kernel, code };
}
