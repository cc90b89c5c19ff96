/**
 * Maps the trials of another search to the search space of a study, by the names of the parameters.
 * Every mismatch is counted with its consequence; a trial that does not fit is left out, never
 * changed to fit.
 */
import { InvalidInput } from '../../core/errors.ts';
import type { Problem } from '../../core/errors.ts';
import { isActive } from '../../core/search-space/activity.ts';
import { axesOf, encodeValue } from '../../core/search-space/axis.ts';
import type { Axis } from '../../core/search-space/axis.ts';
import type { ParamValue } from '../../core/search-space/distribution.ts';
import { directionsOf } from '../../core/study/objectives.ts';
import type { HistorySource, HistoryTrial } from '../../core/study/start-history.ts';
import type { StudySpec } from '../../core/study/study-spec.ts';
import { foundText } from '../../protocol/problems.ts';
import type { StartedFromOutput } from '../../protocol/run-output.ts';
import { pythonJson } from '../../storage/python-json.ts';
import { boundedMetrics, violationIn } from './constraint-values.ts';
import { numberOf } from './csv-trials.ts';
import { MOST_TRIALS } from './earlier-search.ts';
import type { EarlierSearch, EarlierTrial } from './earlier-search.ts';

/** One kind of mismatch between the search and the study. */
export interface Mismatch {
  /** Null: it concerns the trial, not a parameter. */
  readonly parameter: string | null;
  /** `outside 0 to 1`, `not a parameter of the study`. */
  readonly reason: string;
  readonly effect: 'left-out' | 'ignored';
  /** Number of trials. */
  readonly trials: number;
  /** A value that was found; null: none was. */
  readonly example: string | null;
}

export interface MappedHistory {
  readonly source: HistorySource;
  readonly trials: readonly HistoryTrial[];
  /** Number of trials in the source, unfinished ones included. */
  readonly of: number;
  readonly mismatches: readonly Mismatch[];
}

type StartedSpec = Pick<StudySpec, 'searchSpace' | 'direction' | 'objectives' | 'constraints'>;

/**
 * @throws InvalidInput if directions or objectives differ, or no trial fits; it lists every
 *   mismatch
 */
export function mapHistory(search: EarlierSearch, spec: StartedSpec): MappedHistory {
  refuseObjectives(search, spec);
  const axes = axesOf(spec.searchSpace);
  const counted = new Mismatches();
  for (const { reason, count } of search.leftOut)
    counted.add({ parameter: null, reason, effect: 'left-out', example: null }, count);
  const trials: HistoryTrial[] = [];
  const unknown = new Set<string>();
  const isConstrained = boundedMetrics(spec).length > 0;
  for (const trial of search.trials) {
    const mapped = mapTrial(trial, axes, search.areTexts, counted);
    if (mapped === null) continue;
    if (!isConstrained) trials.push(mapped);
    else {
      const violation = violationIn(trial, spec);
      if (typeof violation === 'number') trials.push({ ...mapped, violation });
      else {
        counted.add(unconstrained(violation));
        for (const metric of violation) unknown.add(metric);
      }
    }
  }
  const mismatches = counted.list;
  if (trials.length === 0) throw nothingFits(search, mismatches, [...unknown]);
  const of = search.trials.length + search.leftOut.reduce((sum, { count }) => sum + count, 0);
  return { source: { name: search.name, trials: trials.length }, trials, of, mismatches };
}

/** A history for programs: without its trials. */
export function startedFromOutputOf({
  source,
  of,
  mismatches,
}: Pick<MappedHistory, 'source' | 'of' | 'mismatches'>): StartedFromOutput {
  return { ...source, of, mismatches: mismatches.map((mismatch) => ({ ...mismatch })) };
}

/**
 * Joins the histories of several sources. @throws InvalidInput for more trials than one may have
 */
export function joinHistories(
  histories: readonly MappedHistory[],
): Required<Pick<StudySpec, 'startedFrom' | 'history'>> {
  const history = histories.flatMap(({ trials }) => trials);
  if (history.length > MOST_TRIALS)
    throw new InvalidInput('the sources together', [
      {
        code: 'too-many',
        path: '',
        expected: `at most ${MOST_TRIALS} trials`,
        found: String(history.length),
      },
    ]);
  return { startedFrom: histories.map(({ source }) => source), history };
}

/** Sentences about a history: what was taken, then every mismatch. */
export function historyText({ source, of, mismatches }: MappedHistory): string[] {
  return [
    `starts from ${source.trials} of ${counted(of, 'trial')} of ${source.name}`,
    ...mismatches.map((mismatch) => `${source.name}: ${mismatchText(mismatch)}`),
  ];
}

/** `momentum: 2 trials left out, outside 0 to 0.9, for example 0.95`. */
export function mismatchText({ parameter, reason, effect, trials, example }: Mismatch): string {
  const place = parameter === null ? '' : `${parameter}: `;
  const consequence =
    effect === 'left-out'
      ? `${counted(trials, 'trial')} left out`
      : `ignored in ${counted(trials, 'trial')}`;
  return `${place}${consequence}, ${reason}${example === null ? '' : `, for example ${example}`}`;
}

function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`;
}

function refuseObjectives({ name, directions, trials }: EarlierSearch, spec: StartedSpec): void {
  const wanted = directionsOf(spec) ?? [spec.direction];
  const refuse = (path: string, expected: string, found: string, hint?: string): never => {
    throw new InvalidInput(name, [{ code: 'other-objectives', path, expected, found, hint }]);
  };
  const values = directions?.length ?? trials[0]?.values.length ?? wanted.length;
  if (values !== wanted.length)
    refuse('objectives', counted(wanted.length, 'objective'), String(values));
  for (const [i, direction] of (directions ?? wanted).entries()) {
    if (direction === wanted[i]) continue;
    refuse(
      'direction',
      `values to ${wanted[i] ?? ''}, as in the study`,
      `values to ${direction}`,
      'values of one kind do not become those of the other by a change of sign',
    );
  }
}

/** The mismatch of a trial that does not say whether it satisfies the constraints. */
function unconstrained(metrics: readonly string[]): Omit<Mismatch, 'trials'> {
  const reason = `without a value of ${metrics.join(' and ')}, which the study constrains`;
  return { parameter: null, reason, effect: 'left-out', example: null };
}

/** Null: it does not fit; the first reason is counted. */
function mapTrial(
  { params, values }: EarlierTrial,
  axes: readonly Axis[],
  areTexts: boolean,
  counted: Mismatches,
): HistoryTrial | null {
  if (!values.every(Number.isFinite)) {
    counted.add({ parameter: null, reason: 'diverged', effect: 'left-out', example: null });
    return null;
  }
  const encoded = new Float64Array(axes.length).fill(NaN);
  const ignored: Parameters<Mismatches['add']>[0][] = [];
  for (const axis of axes) {
    const found = Object.hasOwn(params, axis.name) ? params[axis.name] : undefined;
    const example = found === undefined ? null : foundText(found);
    if (!isActive(axis, encoded)) {
      const reason = 'its condition is not met';
      if (found !== undefined)
        ignored.push({ parameter: axis.name, reason, effect: 'ignored', example });
      continue;
    }
    // A table has an empty cell for Python's None as well as for a missing value.
    const given = found === undefined && areTexts ? 'None' : found;
    const value = given === undefined ? NaN : encodedValue(axis, given, areTexts);
    if (Number.isNaN(value)) {
      const reason = found === undefined ? 'no value' : reasonOf(axis, found, areTexts);
      counted.add({ parameter: axis.name, reason, effect: 'left-out', example });
      return null;
    }
    encoded[axis.index] = value;
  }
  const names = new Set(axes.map(({ name }) => name));
  for (const parameter of Object.keys(params))
    if (!names.has(parameter))
      ignored.push({
        parameter,
        reason: 'not a parameter of the study',
        effect: 'ignored',
        example: null,
      });
  for (const mismatch of ignored) counted.add(mismatch);
  return { params: encoded, values };
}

/** NaN: the parameter cannot take the value. */
function encodedValue(axis: Axis, found: unknown, areTexts: boolean): number {
  const { distribution } = axis;
  if (distribution.type !== 'categorical') return encodeValue(axis, numberFrom(found, areTexts));
  if (!areTexts) return encodeValue(axis, scalarOf(found));
  const index = distribution.choices.findIndex((choice) => isWrittenAs(choice, found));
  return index < 0 ? NaN : index;
}

function numberFrom(found: unknown, areTexts: boolean): number {
  if (areTexts && typeof found === 'string') return numberOf(found) ?? NaN;
  return typeof found === 'number' ? found : NaN;
}

/** Lists and objects are choices in Optuna, Ray and NNI; here their JSON text is one. */
function scalarOf(found: unknown): ParamValue {
  return typeof found === 'object' && found !== null ? pythonJson(found) : (found as ParamValue);
}

/** Returns whether a table's text is the choice, as JavaScript or Python writes it. */
function isWrittenAs(choice: ParamValue, text: unknown): boolean {
  if (typeof text !== 'string') return false;
  if (choice === null) return /^(none|null)$/i.test(text);
  if (typeof choice === 'boolean') return text.toLowerCase() === String(choice);
  return typeof choice === 'number' ? numberOf(text) === choice : text === choice;
}

function reasonOf(axis: Axis, found: unknown, areTexts: boolean): string {
  const { distribution } = axis;
  if (distribution.type === 'categorical')
    return `not one of ${distribution.choices.map((choice) => JSON.stringify(choice)).join(', ')}`;
  const value = numberFrom(found, areTexts);
  if (Number.isNaN(value)) return 'not a number';
  if (value < axis.low || value > axis.high) return `outside ${axis.low} to ${axis.high}`;
  return distribution.type === 'int' && !Number.isInteger(value)
    ? 'not an integer'
    : `not in steps of ${distribution.step ?? 1}`;
}

/** @param unknown metrics that the study constrains, and that a trial lacks */
function nothingFits(
  { name }: EarlierSearch,
  mismatches: readonly Mismatch[],
  unknown: readonly string[],
): InvalidInput {
  const problems = mismatches.map((mismatch): Problem => ({
    code: 'no-trial-fits',
    path: '',
    expected: 'trials that fit the search space',
    found: mismatchText(mismatch),
  }));
  if (unknown.length > 0)
    problems.unshift({
      code: 'constraints',
      path: 'constraints',
      expected: `trials that say whether they satisfy the constraints, by a metric, column or user attribute ${unknown.join(', ')}, or by Optuna's constraints`,
      found: 'none that does and fits',
      hint: 'or leave the constraints out',
    });
  return new InvalidInput(
    name,
    problems.length > 0
      ? problems
      : [{ code: 'no-trial-fits', path: '', expected: 'finished trials', found: 'none' }],
  );
}

/** Counts mismatches of the same parameter and reason; keeps their order. */
class Mismatches {
  readonly #found = new Map<string, Mismatch>();

  add(mismatch: Omit<Mismatch, 'trials'>, trials = 1): void {
    const key = JSON.stringify([mismatch.parameter, mismatch.reason]);
    const known = this.#found.get(key);
    this.#found.set(key, { ...(known ?? mismatch), trials: (known?.trials ?? 0) + trials });
  }

  get list(): Mismatch[] {
    return [...this.#found.values()];
  }
}
