/**
 * A trained network, for export as weights or as a model for other programs.
 */
import type { LaneState } from '../executors/executor.ts';
import type { Network } from '../models/network.ts';
import { exportOnnx } from '../onnx/export.ts';
import type { Plan } from '../plan/plan.ts';
import { toTensors } from '../weights/lane-file.ts';
import { encodeSafetensors } from '../weights/safetensors.ts';

export interface Trained {
  readonly network: Network;
  readonly plan: Plan;
  readonly state: LaneState;
}

/** @param metadata origin of the network, for the file */
export function weightsFile(
  { network, plan, state }: Trained,
  metadata: Readonly<Record<string, string>>,
): Uint8Array {
  return encodeSafetensors(toTensors(plan, state, { network: network.name, ...metadata }));
}

/** @param metadata as `weightsFile` */
export function onnxFile(
  { network, plan, state }: Trained,
  metadata: Readonly<Record<string, string>>,
): Uint8Array {
  const { tensors } = toTensors({ ...plan, slots: [] }, state);
  return exportOnnx({
    network,
    input: plan.input,
    tensors,
    metadata: { network: network.name, ...metadata },
  });
}
