/** Where TensorFlow is for tests: what GALAPAGOS_TENSORFLOW names, else the user folder's installation. */
import { join } from 'node:path';
import { userFolder } from '../../../src/node/user-folder.ts';
import { findInstallation } from '../../../src/training/executors/tensorflow/installation.ts';

process.env['GALAPAGOS_TENSORFLOW'] ??= join(userFolder(), 'tensorflow');

const found = findInstallation(process.env['GALAPAGOS_TENSORFLOW']);
/** Why it cannot be tested here. */
export const absence = 'absent' in found ? `TensorFlow is absent: ${found.absent}` : undefined;
