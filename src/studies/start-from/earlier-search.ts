/**
 * A search whose trials may become the history of a study, as its file states it: parameters are
 * not yet compared with a search space. Readers of the formats are beside this file.
 */
import type { z } from 'zod';
import { InvalidInput } from '../../core/errors.ts';
import { nearestName } from '../../core/nearest-name.ts';
import type { Direction } from '../../core/study/direction.ts';
import { check } from '../../protocol/problems.ts';

/** Greatest number of trials that are read; models of the samplers see fewer. */
export const MOST_TRIALS = 10_000;
/** Greatest size of a file that is read into memory, in bytes. */
export const MOST_BYTES = 256 * 2 ** 20;

/** A constraint of a trial as Optuna keeps it. */
export interface OptunaConstraint {
  /** Null: one of a list, whose members have no names. */
  readonly name: string | null;
  /** ≤ 0: satisfied. */
  readonly excess: number;
}

/** A finished trial with its values. */
export interface EarlierTrial {
  readonly params: Readonly<Record<string, unknown>>;
  /** One for each objective; not finite where it diverged. */
  readonly values: readonly number[];
  /** Values of metrics by their names; absent: none is known. */
  readonly metrics?: Readonly<Record<string, unknown>>;
  /** Constraints of Optuna's; absent: none. */
  readonly constraints?: readonly OptunaConstraint[];
}

export interface EarlierSearch {
  /** Name for people: the file, and the study in it. */
  readonly name: string;
  /** One for each value; null: the file does not say. */
  readonly directions: readonly Direction[] | null;
  readonly trials: readonly EarlierTrial[];
  /** Trials without a value to start from, by reason: `not complete`. */
  readonly leftOut: readonly { readonly reason: string; readonly count: number }[];
  /** True if all parameters are texts, so that `0.1` may be a number. */
  readonly areTexts: boolean;
}

/** Part of a source that is wanted. */
export interface Wanted {
  /** Name of a study in the file; null: its only one. */
  readonly study: string | null;
  /** Names of the values: columns or metrics; null: the format's own, or the only one. */
  readonly values: readonly string[] | null;
  /** Metrics that the study bounds, which are read where the source has them; absent: none. */
  readonly constraints?: readonly string[];
}

/** Counts the trials that are left out, by reason in order of appearance. */
export class LeftOut {
  readonly #counts = new Map<string, number>();

  add(reason: string): void {
    this.#counts.set(reason, (this.#counts.get(reason) ?? 0) + 1);
  }

  get list(): EarlierSearch['leftOut'] {
    return [...this.#counts].map(([reason, count]) => ({ reason, count }));
  }
}

/** Error in a source: place in it (`line 3`, `trial 5: lr`), expected, found. */
export function fault(
  source: string,
  path: string,
  expected: string,
  found: string,
  hint?: string,
): InvalidInput {
  return new InvalidInput(source, [{ code: 'bad-source', path, expected, found, hint }]);
}

/** The hint where a metric is not given or not there. */
export const NAMES_METRIC = '--start-value or Value names the metric';

/**
 * Parses a part of a source.
 * @param place of the part in the source: `line 3`
 * @throws InvalidInput with the first problem
 */
export function parsed<Schema extends z.ZodType>(
  schema: Schema,
  value: unknown,
  source: string,
  place: string,
): z.output<Schema> {
  const result = check(schema, value);
  if (result.ok) return result.value;
  const { path = '', expected = '', found = '' } = result.problems[0] ?? {};
  throw fault(source, path === '' ? place : `${place}: ${path}`, expected, found);
}

/** @throws InvalidInput that says how many trials a study can start from */
export function refuseTooMany(source: string, count: number): void {
  if (count <= MOST_TRIALS) return;
  const most = MOST_TRIALS.toLocaleString('en');
  throw fault(
    source,
    '',
    `at most ${most} trials to start from`,
    'more',
    'keep the best, in a CSV table',
  );
}

/**
 * Returns the study of that name or uid, or the only one.
 * @throws InvalidInput that lists the names
 */
export function chosenStudy<T extends { readonly name: string; readonly uid?: string | null }>(
  source: string,
  studies: readonly T[],
  wanted: string | null,
): T {
  const names = studies.map(({ name }) => name);
  const listed = `${names.slice(0, 8).join(', ')}${names.length > 8 ? ' …' : ''}`;
  const [first] = studies;
  if (first === undefined) throw fault(source, '', 'a study', 'none');
  if (wanted === null) {
    if (studies.length === 1) return first;
    const hint = `name one: ${source}#${first.name}`;
    throw fault(source, '', 'one study', `${studies.length}: ${listed}`, hint);
  }
  const found = studies.find(({ name, uid }) => name === wanted || uid === wanted);
  if (found !== undefined) return found;
  const nearest = nearestName(wanted, names);
  const hint = nearest === undefined ? `there are ${listed}` : `did you mean ${nearest}?`;
  throw fault(source, '', 'a study of the file', JSON.stringify(wanted), hint);
}
