/**
 * The token of `serve`. The user can provide it in a file or in the environment, never on the
 * command line, which every local user can read. Otherwise it is stored in the user folder, so that
 * links and open tabs stay valid after a restart.
 */
import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { GalapagosError } from '../../core/errors.ts';
import { restrictToOwner } from '../../runtime/owner-only.ts';
import { prepareUserFolder } from '../../runtime/prepare-user-folder.ts';
import type { Streams } from '../process/context.ts';
import { UsageError } from '../process/exit-codes.ts';
import { writeAtomically } from '../../runtime/write-atomically.ts';

/** Name of the environment variable. */
const VARIABLE = 'GALAPAGOS_TOKEN';
const KEPT_FILE = 'serve-token';
const LEAST_LENGTH = 8;
const MOST_LENGTH = 512;

export interface TokenOptions {
  /** Accepted only to refuse it: option values are visible in the process list. */
  readonly token?: string | boolean;
  readonly tokenFile?: string;
  readonly newToken?: boolean;
}

interface Places {
  readonly streams: Pick<Streams, 'env' | 'cwd'>;
  /** Absolute; created when a token is stored. */
  readonly userFolder: string;
}

/**
 * Returns the token that browsers must present; creates and stores one if there is none.
 * @throws UsageError for one that cannot be read or used; GalapagosError `not-written`
 */
export function serveToken(
  { token, tokenFile, newToken = false }: TokenOptions,
  places: Places,
): string {
  const { env, cwd } = places.streams;
  const given = env[VARIABLE];
  const alternatives = `set ${VARIABLE} or use --token-file FILE; without either, a token is created and stored in your user folder`;
  if (token !== undefined)
    throw new UsageError(
      `--token is not accepted, because every user of this machine could read the token in the process list: ${alternatives}`,
    );
  if (newToken && (tokenFile !== undefined || (given !== undefined && given !== '')))
    throw new UsageError(
      `--new-token replaces the stored token, but --token-file or ${VARIABLE} overrides it: use only one of them`,
    );
  if (tokenFile !== undefined)
    return checked(readGiven(resolve(cwd, tokenFile)), `--token-file ${tokenFile}`);
  if (given !== undefined && given !== '') return checked(given, VARIABLE);
  const kept = join(places.userFolder, KEPT_FILE);
  const found = newToken ? null : readKept(kept);
  if (found !== null) return checked(found, kept, '; to replace it: galapagos serve --new-token');
  const drawn = randomBytes(16).toString('base64url');
  prepareUserFolder(places.userFolder);
  writeAtomically(kept, `${drawn}\n`, 0o600);
  return drawn;
}

/** @param remedy appended to the sentence */
function checked(text: string, source: string, remedy = ''): string {
  const token = text.trim();
  const refuse = (expected: string, found: string): UsageError =>
    new UsageError(`${source}: expected a token of ${expected}, found ${found}${remedy}`);
  if (!/^[\w.~-]*$/.test(token))
    throw refuse('letters, digits, "_", "-", ".", "~"', 'other characters');
  if (token.length < LEAST_LENGTH)
    throw refuse(`at least ${LEAST_LENGTH} characters`, String(token.length));
  if (token.length > MOST_LENGTH)
    throw refuse(`at most ${MOST_LENGTH} characters`, String(token.length));
  return token;
}

function readGiven(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    const missing = error instanceof Error && 'code' in error && error.code === 'ENOENT';
    throw new UsageError(
      `--token-file ${file}: expected a file with the token, found ${missing ? 'nothing' : String(error)}`,
    );
  }
}

/**
 * Null: none is stored yet. First restricts the file to its owner: an earlier version or a copy may
 * have left it readable.
 */
function readKept(file: string): string | null {
  try {
    restrictToOwner(file);
    return readFileSync(file, 'utf8');
  } catch (error) {
    if (
      error instanceof Error &&
      'code' in error &&
      (error.code === 'ENOENT' || error.code === 'ENOTDIR')
    )
      return null;
    throw new GalapagosError(
      'io',
      `${file}: cannot read the stored token: ${String(error)}`,
      { file },
      error,
    );
  }
}
