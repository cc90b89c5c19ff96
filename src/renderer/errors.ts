/**
 * Error messages: one table from error codes to severity and sentence (where, expected, found, what
 * to do). The engine sends codes and facts; an unknown code is shown with the message of the error.
 */
import { errorCodeOf, type ErrorCode } from '../core/error-codes.ts';
import type { EndpointFailure } from './failure.ts';
import { text } from './text.ts';

/**
 * `slip`: the user can correct it here. `trouble`: something outside must change. `fault`: a bug in
 * Galapagos.
 */
export type Severity = 'slip' | 'trouble' | 'fault';

export interface Described {
  readonly severity: Severity;
  /** At most two sentences. */
  readonly words: string;
  /** Shown on request; null when there are none. */
  readonly details: string | null;
}

type Facts = Readonly<Record<string, unknown>>;
interface Row {
  readonly severity: Severity;
  readonly words: (facts: Facts) => string;
}

export interface FoundProblem {
  readonly code: string;
  readonly path: string;
  readonly expected: string;
  readonly found: string;
  readonly hint?: string | null | undefined;
}

/**
 * Builds `train-images.gz, byte 0: expected IDX magic, found 1f 8b 08. Unpack it once.` from the
 * facts that are present.
 */
function placed(facts: Facts): string {
  const where = [factOf(facts, 'file'), factOf(facts, 'place')]
    .filter((part) => part !== null)
    .join(', ');
  const [expected, found] = [factOf(facts, 'expected'), factOf(facts, 'found')];
  const hint = hintOf(facts);
  if (expected === null || found === null)
    return [factOf(facts, 'message') ?? 'An error occurred', hint]
      .filter((part) => part !== null)
      .join(' ');
  return `${where === '' ? '' : `${where}: `}expected ${expected}, found ${found}.${hint === null ? '' : ` ${hint}`}`;
}

/**
 * For a dataset: the setting that would solve the problem, in the window's terms; the engine's
 * hints name command-line options.
 */
function hintOf(facts: Facts): string | null {
  const option = factOf(facts, 'option');
  if (option !== null) return text.importHints[option] ?? null;
  const hint = factOf(facts, 'hint');
  return hint === null || /[.?]$/.test(hint) ? hint : `${hint}.`;
}

const rows: Readonly<Record<ErrorCode, Row>> = {
  'not-connected': {
    severity: 'trouble',
    words: () =>
      'The lab does not answer: the connection is lost. Galapagos reconnects automatically.',
  },
  'not-admitted': {
    severity: 'trouble',
    words: () => 'Access denied. Open the link that galapagos serve printed.',
  },
  'wrong-token': { severity: 'trouble', words: () => text.frame.refused },
  cancelled: { severity: 'slip', words: () => 'Cancelled. Nothing was stored.' },
  'invalid-input': {
    severity: 'slip',
    words: (facts) => problemsOf(facts).map(problemText).join(' ') || placed(facts),
  },
  'bad-dataset': { severity: 'slip', words: (facts) => `${placed(facts)} Nothing was stored.` },
  'dataset-exists': {
    severity: 'slip',
    words: () => 'A dataset of this name already exists. Choose another name, or replace it.',
  },
  'source-gone': {
    severity: 'slip',
    words: (facts) =>
      `${factOf(facts, 'file') ?? 'The source'} is no longer available. Import it again to choose another label.`,
  },
  'bad-upload': { severity: 'trouble', words: (facts) => `${placed(facts)} Drop it again.` },
  'upload-incomplete': { severity: 'trouble', words: (facts) => `${placed(facts)} Drop it again.` },
  'unknown-upload': {
    severity: 'trouble',
    words: () => 'The uploaded files are no longer there. Drop them again.',
  },
  'disk-full': {
    severity: 'trouble',
    words: (facts) =>
      `${factOf(facts, 'file') ?? 'The file'}: the disk is full. Free some space, then try again.`,
  },
  'no-paths': {
    severity: 'slip',
    words: () => 'A browser cannot open files of the host by path. Drop the file here instead.',
  },
  'no-programs': {
    severity: 'slip',
    words: () =>
      'A browser cannot run programs of the host. In a terminal there, type galapagos init and galapagos run.',
  },
  'too-many': { severity: 'trouble', words: placed },
  'too-large': { severity: 'slip', words: placed },
  'not-found': { severity: 'slip', words: placed },
  'not-sqlite': {
    severity: 'slip',
    words: (facts) =>
      `${factOf(facts, 'file') ?? 'The file'} is not a lab file: it is not an SQLite database.`,
  },
  'not-a-lab': {
    severity: 'slip',
    words: (facts) =>
      `${factOf(facts, 'file') ?? 'The file'} is an SQLite database, but not a lab of Galapagos or Optuna.`,
  },
  damaged: { severity: 'trouble', words: placed },
  held: {
    severity: 'trouble',
    words: (facts) =>
      factOf(facts, 'message') ?? 'Another program has this lab open. Close it there first.',
  },
  fenced: {
    severity: 'trouble',
    words: () => 'Another program took over this lab. Open it again to continue here.',
  },
  'schema-older': { severity: 'trouble', words: placed },
  'schema-newer': {
    severity: 'trouble',
    words: () => 'This lab was written by a newer version. Update Galapagos to open it.',
  },
  io: { severity: 'trouble', words: placed },
  'name-taken': {
    severity: 'slip',
    words: (facts) => {
      const [name, free] = [factOf(facts, 'found'), factOf(facts, 'free')];
      return free === null || name === null
        ? 'The lab already has a study of this name. Choose another name.'
        : `The lab already has a study named ${name}. ${free} is free.`;
    },
  },
  'unknown-study': {
    severity: 'slip',
    words: () => 'This study is not in the lab, or belongs to another program.',
  },
  'unknown-trial': { severity: 'slip', words: () => 'This trial is not in the study.' },
  'unknown-slot': { severity: 'slip', words: () => 'This worker is not in the lab.' },
  'unknown-node': { severity: 'slip', words: () => 'This machine is not in the lab.' },
  'duplicate-trial': {
    severity: 'slip',
    words: () => 'The study already has a trial with these parameters.',
  },
  'already-ended': { severity: 'slip', words: () => 'The study or the trial has already ended.' },
  'limit-reached': {
    severity: 'slip',
    words: () => 'The study has reached its limit. Raise the limit first.',
  },
  'not-allowed-now': {
    severity: 'slip',
    words: () => 'That is not possible in the current state of the study.',
  },
  'study-gone': {
    severity: 'trouble',
    words: () => 'Another program deleted this study from the lab file.',
  },
  'foreign-study': {
    severity: 'slip',
    words: () => 'Another program created this study, so Galapagos can only show it.',
  },
  'not-trained': { severity: 'slip', words: placed },
  'not-trainable': { severity: 'slip', words: placed },
  'no-lab': { severity: 'slip', words: () => 'No lab is open. Open one first.' },
  'lab-failed': { severity: 'fault', words: placed },
  'lab-too-large': { severity: 'slip', words: placed },
  'log-lost': {
    severity: 'trouble',
    words: (facts) =>
      `Another program deleted or replaced ${factOf(facts, 'file') ?? 'the lab file'}. Close that program and open the lab again.`,
  },
  busy: {
    severity: 'trouble',
    words: () => 'Another program is writing the lab file. Try again in a moment.',
  },
  'read-only': {
    severity: 'trouble',
    words: (facts) =>
      `${factOf(facts, 'file') ?? 'The file'} is read-only. Change its permissions.`,
  },
  contradiction: { severity: 'fault', words: placed },
  'bad-name': { severity: 'slip', words: placed },
  'bad-request': { severity: 'fault', words: placed },
  'bad-weights': { severity: 'slip', words: placed },
  'invalid-settings': { severity: 'trouble', words: placed },
  usage: { severity: 'slip', words: placed },
  'bundled-dataset': {
    severity: 'slip',
    words: () => 'This dataset comes with Galapagos and cannot be changed.',
  },
  'other-dataset': { severity: 'trouble', words: placed },
  'unknown-dataset': { severity: 'slip', words: placed },
  'unknown-import': {
    severity: 'slip',
    words: () => 'This import is no longer there. Start it again.',
  },
  'import-not-ready': {
    severity: 'slip',
    words: () => 'The import has not been read yet. Try again in a moment.',
  },
  'compile-failed': { severity: 'fault', words: placed },
  crashed: { severity: 'trouble', words: placed },
  'device-lost': { severity: 'trouble', words: placed },
  'out-of-memory': { severity: 'trouble', words: placed },
  'timed-out': { severity: 'trouble', words: placed },
  unsupported: { severity: 'slip', words: placed },
  'incomplete-installation': { severity: 'trouble', words: placed },
  'invalid-transition': { severity: 'fault', words: placed },
  malformed: { severity: 'fault', words: placed },
  'message-too-long': { severity: 'fault', words: placed },
  'no-window': { severity: 'fault', words: placed },
  'not-installed': { severity: 'trouble', words: placed },
  'not-read': { severity: 'trouble', words: placed },
  'not-written': { severity: 'trouble', words: placed },
  'cannot-join': { severity: 'trouble', words: placed },
  'not-shared': {
    severity: 'slip',
    words: () => 'This lab is not shared. Share it first.',
  },
  'unknown-admission': {
    severity: 'slip',
    words: () => 'That machine no longer waits for an answer. Start again there.',
  },
  'port-taken': { severity: 'trouble', words: placed },
  'program-failed': { severity: 'trouble', words: placed },
  'idle-unknown': { severity: 'slip', words: placed },
  'unknown-endpoint': {
    severity: 'fault',
    words: () => 'This window belongs to another version of Galapagos. Reload it.',
  },
  unreadable: { severity: 'trouble', words: placed },
  'user-folder': { severity: 'trouble', words: placed },
  'wrong-host': { severity: 'trouble', words: placed },
  'wrong-origin': { severity: 'trouble', words: placed },
  internal: {
    severity: 'fault',
    words: (facts) =>
      `${factOf(facts, 'message') ?? 'Something failed'}. This is a bug in Galapagos.`,
  },
};

export function describe({ code, data, message }: EndpointFailure): Described {
  const known = errorCodeOf(code);
  const row: Row = known === undefined ? { severity: 'trouble', words: placed } : rows[known];
  return {
    severity: row.severity,
    words: row.words({ message, ...data }),
    details: detailsOf(code, data),
  };
}

/** For `invalid-input`: all problems of the user's input. */
export function problemsOf(facts: Facts): readonly FoundProblem[] {
  const given = facts['problems'];
  return Array.isArray(given) ? given.filter(isProblem) : [];
}

export function problemText({ path, expected, found, hint }: FoundProblem): string {
  const where = path === '' ? '' : `${path}: `;
  return `${where}expected ${expected}, found ${found}.${hint === undefined || hint === null ? '' : ` ${hint}`}`;
}

function detailsOf(code: string, data: Facts): string | null {
  return Object.keys(data).length === 0 ? null : JSON.stringify({ code, ...data }, null, 2);
}

function factOf(facts: Facts, name: string): string | null {
  const value = facts[name];
  if (typeof value === 'number') return String(value);
  return typeof value === 'string' && value !== '' ? value : null;
}

function isProblem(value: unknown): value is FoundProblem {
  if (typeof value !== 'object' || value === null) return false;
  return ['path', 'expected', 'found'].every(
    (name) => typeof Reflect.get(value, name) === 'string',
  );
}
