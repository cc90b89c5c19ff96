/**
 * Decides whether a node may evaluate a study's trials: it has the dataset, and for a synchronous
 * study its results are those that any other node would have.
 */
import { arithmeticNumber } from '../arithmetic.ts';
import { THIS_NODE } from '../device.ts';
import type { LabNode, LabState, Slot, Study } from './state.ts';
import type { SlotGroup } from './free-slots.ts';

/** Reason that keeps a node from a study. */
export type Lacking =
  /** It has no copy of the dataset. */
  | 'content'
  /** Its release computes with other arithmetic. */
  | 'arithmetic'
  /** Its device is of another model, and the executor's results depend on it. */
  | 'model';

type Place = Pick<SlotGroup<Slot>, 'node' | 'kind' | 'model'>;

/** @returns null: it may serve */
export function lacking(
  lab: LabState,
  study: Study,
  { node: id, kind, model }: Place,
): Lacking | null {
  if (id === THIS_NODE) return null;
  const node = lab.nodes.get(id);
  if (node === undefined || node.link === 0) return null;
  study.content ??= lab.options.contentOf(study.spec);
  if (study.content !== null && !node.has.has(study.content)) return 'content';
  if (study.sampler.barrier === null) return null;
  if (!computesAlike(lab, study, node)) return 'arithmetic';
  const other = kind === 'gpu' && study.gpuModel !== null && study.gpuModel !== model;
  return other ? 'model' : null;
}

/** Compares the executor that produced the study's first results, or all while there are none. */
function computesAlike({ options }: LabState, { executor }: Study, node: LabNode): boolean {
  if (node.arithmetic === null) return true;
  const { arithmetic } = options;
  if (executor !== null)
    return arithmeticNumber(node.arithmetic, executor) === arithmeticNumber(arithmetic, executor);
  return Object.entries(node.arithmetic).every(
    ([each, number]) => number === arithmeticNumber(arithmetic, each),
  );
}

/** Records the model of a GPU that is given a study's trials; the first known one counts. */
export function noteModel(study: Study, { kind, model }: Place): void {
  if (kind === 'gpu' && model !== '') study.gpuModel ??= model;
}
