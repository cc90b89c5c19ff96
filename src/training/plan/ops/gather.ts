/**
 * gather: inputs: dataset and order; outputs: the normalised batch x = sample·scale + shift and its
 * labels, both shared by the lanes. In training, the crop and flip of `InputSpec` are applied
 * first; in evaluation never.
 */
import type { Graph } from '../graph.ts';

/**
 * @param type type of the dataset's samples
 * @param targets number of numeric targets per sample; 0: the label is a class
 */
export function lowerGather(
  graph: Graph,
  shape: readonly number[],
  type: 'u8' | 'f32',
  targets: number,
): { readonly input: number; readonly label: number } {
  const shared = { perLane: false } as const;
  const dataset = graph.buffer('dataset', 'input', shape, { ...shared, perSample: false, type });
  const order = graph.buffer('order', 'order', [], {
    ...shared,
    perSample: false,
    type: 'u32',
    layout: 'flat',
  });
  const input = graph.buffer('batch', 'input', shape, shared);
  const label = graph.buffer('label', 'label', targets === 0 ? [] : [targets], {
    ...shared,
    type: targets === 0 ? 'u32' : 'f32',
    layout: 'flat',
  });
  graph.op('gather', 'input', { inputs: [dataset, order], outputs: [input, label] });
  return { input, label };
}
