/**
 * Location of TensorFlow for tests: GALAPAGOS_TENSORFLOW, or the installation in the user folder.
 */
import { join } from 'node:path';
import { test } from 'vitest';
import { userFolder } from '../../../src/runtime/user-folder.ts';
import { findInstallation } from '../../../src/training/executors/tensorflow/installation.ts';

process.env['GALAPAGOS_TENSORFLOW'] ??= join(userFolder(), 'tensorflow');

const found = findInstallation(process.env['GALAPAGOS_TENSORFLOW']);
/** Reason why it cannot be tested here. */
const absence = 'absent' in found ? `TensorFlow is absent: ${found.absent}` : undefined;

/** Declares tests if TensorFlow is installed; otherwise one that is skipped with the reason. */
export function whereInstalled(name: string, declare: () => void): void {
  if (absence === undefined) declare();
  else test(name, ({ skip }) => skip(absence));
}
