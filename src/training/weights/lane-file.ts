/**
 * Converts between a lane's state and tensors with PyTorch's names and shapes: weights and running
 * statistics as `<layer>.weight`, optimiser slots as `optimizer.<slot>.<layer>.weight`. The file's
 * bytes are encoded elsewhere.
 */
import type { LaneState } from '../executors/executor.ts';
import { shapeText } from '../models/network.ts';
import { parameterCount } from '../plan/block.ts';
import { elements, type Plan } from '../plan/plan.ts';
import { WeightsError, type Safetensors, type Tensor } from './safetensors.ts';

/** Parts of a plan that name a lane's numbers. */
export type Named = Pick<Plan, 'weights' | 'statistics' | 'slots'>;

interface Place {
  readonly name: string;
  readonly shape: readonly number[];
  /** Values within a lane's state. */
  readonly values: Float32Array;
}

const STEP = 'step';

/** @param metadata further metadata of the file */
export function toTensors(
  plan: Named,
  state: LaneState,
  metadata: Readonly<Record<string, string>> = {},
): Safetensors {
  const tensors = new Map<string, Tensor>(
    places(plan, state).map(({ name, shape, values }) => [name, { shape, values }]),
  );
  return { tensors, metadata: { ...metadata, [STEP]: String(state.step) } };
}

/**
 * Converts tensors to a lane's state. All slots may be absent: training then continues from the
 * weights alone, at step 0.
 * @param file name of the file, for errors
 * @throws WeightsError with the tensor that is missing, unknown or of another shape
 */
export function fromTensors(
  file: string,
  plan: Named,
  { tensors, metadata }: Safetensors,
): LaneState {
  const bare = ![...tensors.keys()].some((name) => name.startsWith('optimizer.'));
  const state: LaneState = {
    weights: new Float32Array(parameterCount(plan)),
    slots: plan.slots.map(() => new Float32Array(parameterCount(plan))),
    statistics: new Float32Array(
      plan.statistics.reduce((sum, { shape }) => sum + elements(shape), 0),
    ),
    step: bare ? 0 : readStep(file, metadata),
  };
  const wanted = bare ? places({ ...plan, slots: [] }, state) : places(plan, state);
  for (const { name, shape, values } of wanted) {
    const found = tensors.get(name);
    if (found === undefined)
      throw new WeightsError(
        file,
        `expected a tensor ${JSON.stringify(name)} of ${shapeText(shape)}, found none`,
      );
    if (shapeText(found.shape) !== shapeText(shape))
      throw new WeightsError(
        file,
        `tensor ${JSON.stringify(name)}: expected ${shapeText(shape)}, found ${shapeText(found.shape)}`,
      );
    values.set(found.values);
  }
  const known = new Set(wanted.map(({ name }) => name));
  const unknown = [...tensors.keys()].find((name) => !known.has(name));
  if (unknown !== undefined)
    throw new WeightsError(
      file,
      `tensor ${JSON.stringify(unknown)}: the network has no such tensor`,
    );
  return state;
}

function places(plan: Named, state: Pick<LaneState, 'weights' | 'slots' | 'statistics'>): Place[] {
  return [
    ...cut('', plan.weights, state.weights),
    ...cut('', plan.statistics, state.statistics),
    ...plan.slots.flatMap((slot, i) =>
      cut(`optimizer.${slot}.`, plan.weights, state.slots[i] ?? new Float32Array(0)),
    ),
  ];
}

function cut(
  prefix: string,
  specs: readonly { readonly name: string; readonly shape: readonly number[] }[],
  packed: Float32Array,
): Place[] {
  let at = 0;
  return specs.map(({ name, shape }) => {
    const from = at;
    at += elements(shape);
    return { name: `${prefix}${name}`, shape, values: packed.subarray(from, at) };
  });
}

function readStep(file: string, metadata: Readonly<Record<string, string>>): number {
  const step = Number(metadata[STEP] ?? NaN);
  if (Number.isSafeInteger(step) && step >= 0) return step;
  throw new WeightsError(
    file,
    `__metadata__, step: expected a count, because the file has optimiser slots, found ${metadata[STEP] ?? 'nothing'}`,
  );
}
