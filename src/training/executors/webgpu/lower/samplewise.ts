/**
 * Kernels that compute a sum over planes and the small layers after it, as in
 * squeeze-and-excitation: a workgroup a sample, with barriers between the layers.
 */
import type { Op } from '../../../plan/plan.ts';
import { inBlocks, LANE, u, WIDE, type Item, type Kernel } from '../kernel.ts';
import { read, sizeOf, type Lowering } from './lowering.ts';
import { store } from './store.ts';

/** @param kernels of the first op; element-wise */
export function samplewise(
  kernels: readonly Kernel[],
  layers: readonly Op[],
  to: Lowering,
): Kernel {
  const items = [
    ...kernels.flatMap(({ item }) => item ?? []),
    ...layers.map((op) => layer(op, to)),
  ];
  const { batch } = to.plan;
  const loops = items.map(({ count, body }) => {
    const own = u(count / batch);
    return `for (var o = t; o < ${own}; o += ${u(WIDE)}) { let i = w.x * ${own} + o; ${body} }`;
  });
  const code = `${items.map(({ functions }) => functions).join('')}
@compute @workgroup_size(${String(WIDE)})
fn main(@builtin(workgroup_id) w: vec3<u32>, @builtin(local_invocation_index) t: u32) {
  ${LANE}
  ${loops.join('\n  storageBarrier(); workgroupBarrier();\n  ')}
}`;
  const name = [...kernels.map((kernel) => kernel.name), ...layers.map(({ kind }) => kind)];
  return { name: name.join(', '), code, groups: [batch, 1], perLane: true };
}

/** A dense layer, a convolution of one pixel, or the input gradient of one. */
function layer(op: Op, to: Lowering): Item {
  const { plan, places } = to;
  const [inputs, outputs] = [sizeOf(plan, op.inputs[0]), sizeOf(plan, op.outputs[0])];
  const forward = !op.kind.endsWith('-input-gradient');
  const [, weight, bias] = op.inputs;
  const factor = places.at(
    weight,
    forward ? `i % ${u(outputs)} * ${u(inputs)} + q` : `q * ${u(outputs)} + i % ${u(outputs)}`,
  );
  const x = read(to, op, 0, `i / ${u(outputs)} * ${u(inputs)} + q`, 'q');
  const terms = `part_sum = fma(${factor}, ${x}, part_sum);`;
  const plus = bias === undefined ? '' : ` + ${places.at(bias, `i % ${u(outputs)}`)}`;
  return {
    count: plan.batch * outputs,
    functions: '',
    body: `${inBlocks(['sum'], { start: '0u', end: u(inputs) }, terms)}
    ${store(to, op, 0, 'i', `sum${plus}`, `i % ${u(outputs)}`)}`,
  };
}
