/** gather: inputs the dataset and the order; outputs the normalised batch x = u8·scale + shift and its labels, both shared by lanes. */
import type { Graph } from '../graph.ts';

export function lowerGather(graph: Graph, shape: readonly number[]): { readonly input: number; readonly label: number } {
  const shared = { perLane: false } as const;
  const dataset = graph.buffer('dataset', 'input', shape, { ...shared, perSample: false, type: 'u8' });
  const order = graph.buffer('order', 'order', [], { ...shared, perSample: false, type: 'u32', layout: 'flat' });
  const input = graph.buffer('batch', 'input', shape, shared);
  const label = graph.buffer('label', 'label', [], { ...shared, type: 'u32', layout: 'flat' });
  graph.op('gather', 'input', { inputs: [dataset, order], outputs: [input, label] });
  return { input, label };
}
