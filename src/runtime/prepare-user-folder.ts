/** Makes the user folder, or a folder in it, usable before anything else starts. */
import { accessSync, constants, mkdirSync } from 'node:fs';
import { homedir } from 'node:os';
import { GalapagosError } from '../core/errors.ts';
import { restrictToOwner } from './owner-only.ts';
import { userFolder } from './user-folder.ts';

const HINT = 'Set GALAPAGOS_HOME to a folder that you can write to';

/**
 * Creates the folder with access for this user only if it is missing, and checks that files can be
 * created in it. Restricts the default user folder if an earlier version left it readable by
 * others; a folder named by `GALAPAGOS_HOME` may be shared on purpose.
 * @throws GalapagosError `user-folder`
 */
export function prepareUserFolder(folder: string): void {
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    accessSync(folder, constants.W_OK);
    if (folder === conventionalFolder()) restrictToOwner(folder);
  } catch (error) {
    const found = error instanceof Error ? error.message : String(error);
    const expected = 'a folder that can be written';
    const message = `user folder ${folder}: expected ${expected}, found ${found}. ${HINT}`;
    throw new GalapagosError(
      'user-folder',
      message,
      { file: folder, expected, found, hint: HINT },
      error,
    );
  }
}

function conventionalFolder(): string {
  return userFolder({
    platform: process.platform,
    env: { ...process.env, GALAPAGOS_HOME: undefined },
    home: homedir(),
  });
}
