/**
 * Training checkpoints: weights, optimizer state and running statistics of one lane between two
 * epochs, as a safetensors file with PyTorch's names. A part of a training starts from one and
 * leaves one.
 */
import { mkdir, open, readFile, rename } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { LaneState } from '../executors/executor.ts';
import type { Plan } from '../plan/plan.ts';
import { TrainingError } from '../training-error.ts';
import { fromTensors, toTensors } from '../weights/lane-file.ts';
import { decodeSafetensors, encodeSafetensors } from '../weights/safetensors.ts';

/** Part of a training, between two epochs. */
export interface LanePart {
  /** Number of epochs trained before it. */
  readonly from: number;
  /** Number of epochs trained after it; the training's own number if that is smaller. */
  readonly until: number;
  /** Absolute path of the checkpoint after `from` epochs; null: initial weights. */
  readonly start: string | null;
  /** Absolute path that it writes its checkpoint to. */
  readonly end: string;
}

/** @throws TrainingError if the file is missing; WeightsError if it is of another network */
export async function loadCheckpoint(file: string, plan: Plan): Promise<LaneState> {
  const bytes = await readFile(file).catch((error: unknown) => {
    const { code } = error as NodeJS.ErrnoException;
    if (code !== 'ENOENT') throw error;
    throw new TrainingError('unsupported', `there is no checkpoint ${file} to go on from`);
  });
  return fromTensors(file, plan, decodeSafetensors(file, bytes));
}

/** Writes a checkpoint; it is complete and on the disk when the promise resolves. */
export async function saveCheckpoint(file: string, plan: Plan, state: LaneState): Promise<void> {
  await mkdir(dirname(file), { recursive: true, mode: 0o700 });
  const temporary = `${file}.new`;
  const handle = await open(temporary, 'w', 0o600);
  try {
    await handle.writeFile(encodeSafetensors(toTensors(plan, state)));
    await handle.sync();
  } finally {
    await handle.close();
  }
  await rename(temporary, file);
}
