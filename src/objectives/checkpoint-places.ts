/** Places of training checkpoints on this machine: a folder for each trial, below its study's. */
import { readdirSync } from 'node:fs';
import { join } from 'node:path';

export function checkpointsFolder(userFolder: string, study: string): string {
  return join(userFolder, 'checkpoints', study);
}

export function checkpointFolder(userFolder: string, study: string, trial: number): string {
  return join(checkpointsFolder(userFolder, study), String(trial));
}

/** Absolute path of a trial's checkpoint folder; null: it is missing or empty. */
export function keptCheckpoints(userFolder: string, study: string, trial: number): string | null {
  const folder = checkpointFolder(userFolder, study, trial);
  try {
    return readdirSync(folder).length === 0 ? null : folder;
  } catch {
    return null;
  }
}

/** File that a built-in training writes after a number of epochs. */
export function checkpointFile(
  userFolder: string,
  study: string,
  trial: number,
  epochs: number,
): string {
  return join(checkpointFolder(userFolder, study, trial), `epoch-${epochs}.safetensors`);
}
