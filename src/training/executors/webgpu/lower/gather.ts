/** Gathers a batch: converts samples, moves training images, copies labels. Shared by lanes. */
import { PURPOSE } from '../../../../core/random.ts';
import { elements, type Op } from '../../../plan/plan.ts';
import { access, each, u, type Kernel } from '../kernel.ts';
import { f, sizeOf, type Lowering } from './lowering.ts';

/** Number `a` of the dataset's samples. */
export function sampleText(type: 'u8' | 'f32'): string {
  return type === 'u8' ? 'f32((data[a >> 2u] >> ((a & 3u) * 8u)) & 255u)' : 'bitcast<f32>(data[a])';
}

/**
 * One thread a pixel, z a step of the dispatch. Positions beyond the valid samples repeat the first
 * one.
 */
export function gather(op: Op, { plan, places, training }: Lowering): readonly Kernel[] {
  const [input, label] = op.outputs;
  const { shape, type, crop, flip, scale, shift } = plan.input;
  const size = elements(shape);
  const [channels = 1, h = 1, w = 1] = shape;
  const plane = size / channels;
  const per = sizeOf(plan, label);
  const sample = sampleText(type);
  const still = `let a = index * ${u(size)} + k; let v = ${sample};`;
  const span = u(2 * crop + 1);
  const moved = `let r = philox(order[at.apart + place], at.epoch, 0u, ${u(PURPOSE.augment * 2 ** 24)});
  var column = i32(k % ${u(w)});
  if (${String(flip)} && (r.z >> 31u) == 1u) { column = ${String(w - 1)} - column; }
  let x = column + i32(high(r.y, ${span})) - ${String(crop)};
  let y = i32(k / ${u(w)} % ${u(h)}) + i32(high(r.x, ${span})) - ${String(crop)};
  var v = 0.0;
  if (y >= 0 && y < ${String(h)} && x >= 0 && x < ${String(w)}) {
    let a = index * ${u(size)} + c * ${u(plane)} + u32(y * ${String(w)} + x); v = ${sample};
  }`;
  const table = (name: string, values: readonly number[]): string =>
    `const ${name} = array<f32, ${String(channels)}>(${values.map(f).join()});`;
  const written = access('>', `b${String(input)}`, 4 * plan.batch * size);
  const functions = `${table('scales', scale)} ${table('shifts', shift)}`;
  const body = `var scaleOf = scales; var shiftOf = shifts;
  let b = i / ${u(size)}; let k = i % ${u(size)}; let c = k / ${u(plane)};
  let step = w.z * ${u(plan.batch)};
  let place = at.first + select(0u, step + b, step + b < at.n); let index = order[place];
  ${training && (crop > 0 || flip) ? moved : still}
  ${written}${places.at(input, 'w.z * SHARED + i')} = fma(v, scaleOf[c], shiftOf[c]);
  for (var e = k; e < ${u(per)}; e += ${u(size)}) {
    ${places.at(label, `w.z * SHARED + b * ${u(per)} + e`)} =
      bitcast<f32>(data[at.labels + index * ${u(per)} + e]);
  }`;
  return [each(op.kind, plan.batch * size, body, { perLane: false, functions })];
}

/** Word `i` of the labels that a loss reads, its second input. The kernel knows sample `b`. */
export function labelBits(to: Lowering, op: Op, i: string): string {
  const value = to.fusion.flow.input(op, 1);
  if (!to.fusion.isView(value)) return `bitcast<u32>(${to.places.at(value.buffer, i)})`;
  const per = u(sizeOf(to.plan, value.buffer));
  return `data[at.labels + order[at.first + (${i}) / ${per}] * ${per} + (${i}) % ${per}]`;
}
