/**
 * Every error code, in kebab-case: what programs read from `--json` and from endpoints. The window
 * has words for each (`src/renderer/errors.ts`).
 */

export const errorCodes = [
  // Input of a person or a program.
  'bad-name',
  'bad-request',
  'bad-weights',
  'invalid-input',
  'invalid-settings',
  'too-large',
  'too-many',
  'usage',
  // Studies and trials.
  'already-ended',
  'duplicate-trial',
  'foreign-study',
  'limit-reached',
  'name-taken',
  'not-allowed-now',
  'not-trainable',
  'not-trained',
  'study-gone',
  'unknown-slot',
  'unknown-node',
  'unknown-study',
  'unknown-trial',
  // Machines of the lab.
  'cannot-join',
  'not-shared',
  'unknown-admission',
  // Lab files.
  'busy',
  'contradiction',
  'damaged',
  'disk-full',
  'fenced',
  'held',
  'io',
  'lab-failed',
  'lab-too-large',
  'log-lost',
  'no-lab',
  'not-a-lab',
  'not-found',
  'not-sqlite',
  'read-only',
  'schema-newer',
  'schema-older',
  // Datasets and uploads.
  'bad-dataset',
  'bad-upload',
  'bundled-dataset',
  'dataset-exists',
  'import-not-ready',
  'no-paths',
  'no-programs',
  'other-dataset',
  'source-gone',
  'unknown-dataset',
  'unknown-import',
  'unknown-upload',
  'upload-incomplete',
  // Training.
  'compile-failed',
  'crashed',
  'device-lost',
  'out-of-memory',
  'timed-out',
  'unsupported',
  // Programs, files and connections.
  'cancelled',
  'idle-unknown',
  'incomplete-installation',
  'internal',
  'invalid-transition',
  'malformed',
  'message-too-long',
  'no-window',
  'not-admitted',
  'not-connected',
  'not-installed',
  'not-read',
  'not-written',
  'port-taken',
  'program-failed',
  'unknown-endpoint',
  'unreadable',
  'user-folder',
  'wrong-host',
  'wrong-origin',
  'wrong-token',
] as const;

export type ErrorCode = (typeof errorCodes)[number];

/** Codes of earlier versions and their present names. */
const renamed: ReadonlyMap<string, ErrorCode> = new Map([
  ['alreadyEnded', 'already-ended'],
  ['duplicateTrial', 'duplicate-trial'],
  ['limitReached', 'limit-reached'],
  ['nameTaken', 'name-taken'],
  ['notAllowedNow', 'not-allowed-now'],
  ['unknownSlot', 'unknown-slot'],
  ['unknownStudy', 'unknown-study'],
]);

/** The code that a text stands for, also by an earlier name; undefined: none. */
export function errorCodeOf(text: string): ErrorCode | undefined {
  return errorCodes.find((code) => code === text) ?? renamed.get(text);
}
