/** Kernels of form A: a workgroup runs all ops of a lane, tile by tile and step by step. */
import { defined } from '../../../../core/at.ts';
import { blockSize, type Op, type Plan } from '../../../plan/plan.ts';
import { LANE, u, type Kernel } from '../kernel.ts';
import { lowerOp } from '../lower/index.ts';
import type { Lowering } from '../lower/lowering.ts';
import { inState } from '../places.ts';
import { cardTile } from '../tiles.ts';
import { convForward } from './conv.ts';
import { convBackward } from './conv-gradient.ts';
import type { Group } from './groups.ts';
import { ChipPlaces, type ChipShape } from './memory.ts';
import { clipByNorm, dense, denseInputGradient, denseWeightGradient, loss } from './ops.ts';

const OPTIMISERS: ReadonlySet<string> = new Set(['sgd', 'adam', 'adamw', 'rmsprop']);
const LOSSES: ReadonlySet<string> = new Set(['softmax-cross-entropy', 'mean-squared-error']);

/** Returns whether an op concerns the lane's weights, and not the samples of a tile. */
function isUpdate({ kind }: Op): boolean {
  return OPTIMISERS.has(kind) || kind === 'clip';
}

interface Emitting extends Lowering {
  readonly chip: ChipPlaces;
  /** Functions of the ops so far. */
  readonly functions: string[];
}

/** Trains: the workgroup keeps the lane's state during all steps of the dispatch. */
export function trainKernel(plan: Plan, shape: ChipShape): Kernel {
  const to = emitting(plan, shape, true);
  const { chip } = to;
  const block = blockSize(plan);
  const state = block * (1 + plan.slots.length);
  const ops = tileText(to);
  const updates = chip.groups
    .filter(({ ops: [op] }) => isUpdate(defined(op)))
    .map(({ ops: [op] }) => updateText(defined(op), to, block));
  const all = (count: number, body: string): string =>
    `for (var i = t; i < ${u(count)}; i += ${u(shape.threads)}) { ${body} }`;
  const body = `${all(state, `m[i] = ${inState(0, 'i')};`)}
  ${all(block, `${chip.gradient('i')} = 0.0;`)}
  workgroupBarrier();
  ${rowsText(chip)}
  for (var k = 0u; k < at.steps; k++) {
    ${stepText(ops)}
    ${updates.join('\n    ')}
    ${rowsText(chip)}
    ${all(block, `${chip.gradient('i')} = 0.0;`)}
    ${metricsText(to)}
  }
  ${all(state, `${inState(0, 'i')} = m[i];`)}`;
  return { name: 'chip', code: kernelText(to, body), groups: [1, 1], perLane: true };
}

/** Evaluates: a workgroup for each lane and step, since steps do not depend on each other. */
export function evaluateKernel(plan: Plan, shape: ChipShape): Kernel {
  const to = emitting(plan, shape, false);
  const ops = tileText(to);
  const body = `for (var i = t; i < ${u(blockSize(plan))}; i += ${u(shape.threads)}) {
    m[i] = ${inState(0, 'i')};
  }
  workgroupBarrier();
  ${rowsText(to.chip)}
  let k = w.y;
  { ${stepText(ops)}
    ${metricsText(to)} }`;
  const code = kernelText(to, body);
  return { name: 'chip evaluation', code, groups: [1, 1], perLane: true, perStep: true };
}

function emitting(plan: Plan, shape: ChipShape, training: boolean): Emitting {
  const chip = new ChipPlaces(plan, shape, training);
  const { fusion } = chip;
  const to = { plan, fusion, places: chip, tileFor: cardTile, firstSample: 's0', training };
  return { ...to, chip, functions: [] };
}

function kernelText({ plan, chip, functions }: Emitting, body: string): string {
  const step = `fn stepOf(k: u32) -> Step {
  var s = at; s.n = min(${u(plan.batch)}, at.n - k * ${u(plan.batch)});
  s.step += k; s.first += k * ${u(plan.batch)}; s.row += k * at.rowStep; s.slot += k;
  return s;
}`;
  const rows = `var<workgroup> rows: array<vec4<f32>, ${String(chip.vectors)}>;`;
  return `const TILE = ${u(chip.shape.tile)};
${chip.vectors === 0 ? '' : rows}
var<workgroup> m: array<f32, ${String(chip.floats)}>;
var<workgroup> codes: array<u32, ${String(chip.words)}>;
${step}
${functions.join('\n')}
@compute @workgroup_size(${String(chip.shape.threads)})
fn main(@builtin(workgroup_id) w: vec3<u32>, @builtin(local_invocation_index) t: u32) {
  ${LANE}
  ${body}
}`;
}

/** Copies the kernels of convolutions to their vectors. */
function rowsText(chip: ChipPlaces): string {
  const loops = Array.from(chip.rows, ([weight, { offset, count, taps, length }]) => {
    const tap = (n: number): string =>
      chip.at(weight, `i / ${u(length)} * ${u(taps)} + min(k + ${u(n)}, ${u(taps - 1)})`);
    return `for (var i = t; i < ${u(count * length)}; i += ${u(chip.shape.threads)}) {
    let k = i % ${u(length)} * 4u;
    rows[${u(offset)} + i] = vec4<f32>(${[0, 1, 2, 3].map(tap).join(', ')});
  }`;
  });
  return loops.length === 0 ? '' : `${loops.join('\n  ')}\n  workgroupBarrier();`;
}

/** Runs the tiles of step `k`, whose record replaces that of the dispatch. */
function stepText(ops: string): string {
  return `let base = k * SHARED; let at = stepOf(k); var sum = 0.0; var hits = 0.0;
    for (var s0 = 0u; s0 < at.n; s0 += TILE) {
      let live = min(TILE, at.n - s0);
      ${ops}
    }`;
}

/** Writes the sums of a step; only the threads of samples have some. */
function metricsText({ chip: { region } }: Emitting): string {
  const part = (i: string): string => `m[${u(region)} + ${i}]`;
  return `if (t < TILE) { ${part('t')} = sum; ${part('TILE + t')} = hits; }
    workgroupBarrier();
    if (t == 0u) {
      var allLoss = 0.0; var allHits = 0.0;
      for (var i = 0u; i < TILE; i++) {
        allLoss += ${part('i')}; allHits += ${part('TILE + i')};
      }
      let q = (at.slot * at.count + lanes[place + 2u]) * 2u;
      metrics[q] = allLoss; metrics[q + 1u] = allHits;
    }
    workgroupBarrier();`;
}

function tileText(to: Emitting): string {
  return to.chip.groups
    .filter(({ ops: [op] }) => !isUpdate(defined(op)))
    .map((group) => groupText(group, to))
    .join('\n      ')
    .trim();
}

function groupText({ ops }: Group, to: Emitting): string {
  const op = defined(ops[0]);
  const { plan, chip } = to;
  if (op.kind === 'gather') return '';
  const title = `// ${ops.map(({ kind }) => kind).join(', ')}\n  `;
  if (op.kind === 'conv') return `${title}${convForward(ops, plan, chip)}`;
  if (ops.some(({ kind }) => kind.startsWith('conv-')))
    return `${title}${convBackward(ops, plan, chip)}`;
  if (op.kind === 'dense') return `${title}${dense(op, plan, chip)}`;
  if (op.kind === 'dense-input-gradient') return `${title}${denseInputGradient(op, plan, chip)}`;
  if (op.kind === 'dense-weight-gradient') return `${title}${denseWeightGradient(op, plan, chip)}`;
  if (LOSSES.has(op.kind)) return `${title}${loss(op, to, chip)}`;
  return lowerOp(op, to)
    .map((kernel) => {
      const count = defined(kernel.item).count / plan.batch;
      return `${title}${itemsText(kernel, `live * ${u(count)}`, to)}`;
    })
    .join('\n  ');
}

function updateText(op: Op, to: Emitting, block: number): string {
  if (op.kind === 'clip' && op.attributes['by'] !== 'value')
    return clipByNorm(op, to, to.chip, block);
  return lowerOp(op, to)
    .map((kernel) => itemsText(kernel, u(defined(kernel.item).count), to))
    .join('\n  ');
}

/** The items of an element-wise kernel, as a loop of the workgroup. */
function itemsText(kernel: Kernel, count: string, { chip, functions }: Emitting): string {
  const { body, functions: own } = defined(kernel.item);
  const names = Array.from(own.matchAll(/\bfn (\w+)\(/g), ([, name]) => defined(name));
  const suffix = `_${String(functions.length)}`;
  // Two ops may have functions of one name.
  const renamed = (text: string): string =>
    names.reduce((all, name) => all.replaceAll(`${name}(`, `${name}${suffix}(`), text);
  if (own !== '') functions.push(renamed(own));
  return `for (var i = t; i < ${count}; i += ${u(chip.shape.threads)}) { ${renamed(body)} }
  workgroupBarrier();`;
}
