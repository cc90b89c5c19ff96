/**
 * Error messages: one table from error codes to severity and sentence (where, expected, found, what
 * to do). The engine sends codes and facts; an unknown code is shown with the message of the error.
 */
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

const rows: Readonly<Partial<Record<string, Row>>> = {
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
    words: () => 'The lab already has a study of this name. Choose another name.',
  },
  'unknown-study': { severity: 'slip', words: () => 'This study is not in the lab.' },
  'unknown-trial': { severity: 'slip', words: () => 'This trial is not in the study.' },
  alreadyEnded: { severity: 'slip', words: () => 'The study or the trial has already ended.' },
  limitReached: {
    severity: 'slip',
    words: () => 'The study has reached its limit. Raise the limit first.',
  },
  notAllowedNow: {
    severity: 'slip',
    words: () => 'That is not possible in the current state of the study.',
  },
  nameTaken: {
    severity: 'slip',
    words: (facts) =>
      `The lab already has a study named ${factOf(facts, 'found') ?? 'so'}. ${factOf(facts, 'free') ?? 'Another name'} is free.`,
  },
  unknownStudy: {
    severity: 'slip',
    words: () => 'This study is not in the lab, or belongs to another program.',
  },
  'not-ready': {
    severity: 'trouble',
    words: () => 'The lab is still opening. Try again in a moment.',
  },
  'lab-failed': { severity: 'fault', words: placed },
  internal: {
    severity: 'fault',
    words: (facts) =>
      `${factOf(facts, 'message') ?? 'Something failed'}. This is a bug in Galapagos.`,
  },
};

export function describe({ code, data, message }: EndpointFailure): Described {
  const row = rows[code] ?? { severity: 'trouble', words: placed };
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
