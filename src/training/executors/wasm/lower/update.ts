/** Lowers clipping and the optimiser, which process the lane's whole block of weights. */
import { elements, numberOf, type Op, type Plan } from '../../../plan/plan.ts';
import { clip as clipKernel } from '../kernels/clip.ts';
import { update as updateKernel, type Update } from '../kernels/update.ts';
import { laneBlock } from '../lane-block.ts';
import { step, type KernelStep } from '../steps.ts';

const OPTIMISERS = ['sgd', 'adam', 'adamw', 'rmsprop'] as const;

export function lowerUpdate(plan: Plan): KernelStep[] {
  return plan.train.flatMap((op) => {
    if (op.kind === 'clip') return [clip(plan, op)];
    const kind = OPTIMISERS.find((name) => name === op.kind);
    return kind === undefined ? [] : [update(plan, op, kind)];
  });
}

function columns(op: Op): number[] {
  return op.hyper.map((index) => index * 4);
}

function clip(plan: Plan, op: Op): KernelStep {
  const weights = plan.weights.map(({ offset, shape }) => ({
    first: offset,
    count: elements(shape),
  }));
  const [column = 0] = columns(op);
  const by = op.attributes['by'] === 'value' ? 'value' : 'norm';
  return step(
    'batch',
    clipKernel({ by, weights, gradient: laneBlock(plan).gradient, column }),
    { lane: 0 },
    { row: 0 },
  );
}

function update(plan: Plan, op: Op, kind: Update['kind']): KernelStep {
  const runs: { first: number; count: number; decay: boolean }[] = [];
  for (const { offset, shape, decay } of plan.weights) {
    const count = 4 * Math.ceil(elements(shape) / 4);
    const last = runs.at(-1);
    if (last?.decay === decay) last.count += count;
    else runs.push({ first: offset, count, decay });
  }
  const { slot, gradient } = laneBlock(plan);
  const kernel = updateKernel({
    kind,
    runs,
    momentum: flag(op, 'momentum'),
    nesterov: flag(op, 'nesterov'),
    slot,
    gradient,
    columns: columns(op),
  });
  return step('batch', kernel, { lane: 0 }, { row: 0 });
}

function flag(op: Op, name: string): boolean {
  return name in op.attributes && numberOf(op, name) === 1;
}
