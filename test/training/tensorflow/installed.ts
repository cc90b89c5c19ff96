/** Tests that need TensorFlow: they run where an installation is found, else they are skipped with the reason. */
import { join } from 'node:path';
import { test } from 'vitest';
import { userFolder } from '../../../src/node/user-folder.ts';
import { findInstallation } from '../../../src/training/executors/tensorflow/installation.ts';

process.env['GALAPAGOS_TENSORFLOW'] ??= join(userFolder(), 'tensorflow');

const found = findInstallation(process.env['GALAPAGOS_TENSORFLOW']);
const reason = 'absent' in found ? `TensorFlow is absent: ${found.absent}` : undefined;

export function whereInstalled(name: string, run: () => Promise<void> | void): void {
  test(name, async ({ skip }) => {
    if (reason !== undefined) skip(reason);
    await run();
  });
}
