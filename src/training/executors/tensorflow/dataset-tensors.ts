/** Converts a dataset to two tensors: samples with channels last, and labels. */
import type { DatasetView } from '../../../datasets/dataset-view.ts';
import { elements, type Plan } from '../../plan/plan.ts';
import { TrainingError } from '../../training-error.ts';
import type { Binding } from './binding.ts';
import { samplesChannelsLast, tensorShape } from './layout.ts';
import { datasetTypes } from './saved-model.ts';

/** Creates the tensors; the caller deletes both. */
export function datasetTensors(
  binding: Binding,
  plan: Plan,
  view: DatasetView,
): { readonly samples: number; readonly labels: number } {
  const types = datasetTypes(plan);
  const bytes = types.samples.dtype === 'u8';
  if (view.x instanceof Uint8Array !== bytes)
    throw new TrainingError(
      'unsupported',
      `tensorflow: expected samples of ${types.samples.dtype}, found ${view.sampleType}`,
    );
  const targets = types.labels.dtype === 'f32';
  if (view.y instanceof Float32Array !== targets)
    throw new TrainingError(
      'unsupported',
      `tensorflow: expected ${targets ? 'numeric targets' : 'classes'} as labels, found the other`,
    );
  const shape = [view.samples, ...tensorShape(plan.input.shape)];
  const samples = binding.createTensor(
    shape,
    bytes ? binding.TF_UINT8 : binding.TF_FLOAT,
    samplesChannelsLast(view.x, plan.input.shape),
  );
  const labels = targets
    ? binding.createTensor(
        [view.samples, elements(types.labels.shape.slice(1))],
        binding.TF_FLOAT,
        Float32Array.from(view.y),
      )
    : binding.createTensor([view.samples], binding.TF_INT32, Int32Array.from(view.y));
  return { samples, labels };
}
