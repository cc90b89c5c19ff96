/** Invariants of an adversarial world, checked after each action and at the end. */
import { isDeepStrictEqual } from 'node:util';
import { idleReason } from '../../src/core/scheduling/idle.ts';
import { violations } from '../../src/core/scheduling/invariants.ts';
import type { StoredStudy, StoredTrial } from '../../src/core/scheduling/index.ts';
import { DEFAULT_OPTIONS } from '../../src/core/scheduling/options.ts';
import type { LabState, Slot } from '../../src/core/scheduling/state.ts';
import { dominates, oriented } from '../../src/core/study/domination.ts';
import type { Point } from '../../src/core/study/domination.ts';
import {
  directionsOf,
  figuresOf,
  violationOf,
  worstFigures,
} from '../../src/core/study/objectives.ts';
import { STUDY, Violation } from './adversarial-world.ts';
import type { AdversarialWorld } from './adversarial-world.ts';
import {
  barrierOf,
  idealList,
  modelMetrics,
  modelOfTwo,
  modelParam,
  modelValue,
} from './model-study.ts';

/** Idle reasons of slots that could not be given a trial. */
const ABSENT: readonly string[] = [
  'drained',
  'quarantined',
  'starting',
  'away',
  'nodeAway',
  'nodeAbsent',
  'nodeMode',
  'nodeQuarantined',
  'held',
  'resting',
];
/** Rungs of `PROMOTION`. */
const PROMOTION_RUNGS = [1, 2];
/** Greatest number of unfinished cohorts that a worker may hold. */
const CREDITS = 2;

/** @throws Violation */
export function checkWorld(world: AdversarialWorld): void {
  if (world.lab !== null) {
    must(violations(world.lab));
    for (const slot of world.lab.slots.values()) must(unexplained(world.lab, slot));
  }
  for (const { processes } of world.sides) {
    for (const { worker, tasks } of processes) {
      const held = worker.holding
        .filter(({ result }) => result === null)
        .map(({ cohort }) => cohort);
      // A worker drops the repeated task of a cohort that it has taken.
      const coming = tasks
        .filter(({ session, taskSeq }) => session === worker.session && taskSeq > worker.taskSeq)
        .map(({ cohort }) => cohort);
      const cohorts = new Set([...held, ...coming]).size;
      if (cohorts > CREDITS) throw new Violation(`${worker.slot} holds ${cohorts} cohorts`);
    }
  }
}

/**
 * A slot without work has an idle reason; a slot that could work has one that refers to the
 * studies.
 */
function unexplained(lab: LabState, { name, cohorts, free }: Slot): readonly string[] {
  const idle = idleReason(lab, name);
  if ((idle === null) !== cohorts.length > 0)
    return [`${name} has ${cohorts.length} cohorts and is ${idle?.reason ?? 'not'} idle`];
  if (idle?.reason === 'none') return [`${name} is idle for no reason`];
  const absent = ABSENT.includes(idle?.reason ?? '');
  return idle !== null && (free.group !== null) === absent
    ? [`${name} is ${free.group !== null ? '' : 'not '}usable and idle: ${idle.reason}`]
    : [];
}

/** Checks the content of the lab file after a commit. @throws Violation */
export function checkRecord(world: AdversarialWorld): void {
  const study = world.record.snapshot().studies.find(({ uid }) => uid === STUDY);
  if (study === undefined) return;
  const { lab } = world;
  const live = lab?.studies.get(STUDY);
  if (live !== undefined && world.writes.length === 0) {
    if (
      study.spec.name !== live.spec.name ||
      study.note !== live.note ||
      study.deleted !== live.deleted
    )
      throw new Violation(`the file has ${study.spec.name}, the scheduler ${live.spec.name}`);
    if (!isDeepStrictEqual(study.spec.edits, live.spec.edits))
      throw new Violation('the file has other edits of the search than the scheduler');
    for (const { number, reports, verdict } of study.trials) {
      const open = live.open.get(number);
      if (open !== undefined && (open.verdict?.step ?? null) !== (verdict?.step ?? null))
        throw new Violation(`the verdict on trial ${number} is not in the file`);
      const [known, stored] = [live.columns.reports.of(number), reports].map((values) =>
        JSON.stringify(values),
      );
      if (known !== stored)
        throw new Violation(`trial ${number} has reported ${known}, and the file says ${stored}`);
    }
  }
  if (study.deleted && study.state !== 'paused' && study.state !== 'finished')
    throw new Violation(`the study is ${study.state} and deleted`);
  const trials = [...study.trials];
  const ended = trials.filter(({ end }) => end !== null).sort(byFinish);
  ended.forEach(({ end }, i) => {
    if (end?.finishSeq !== i) throw new Violation(`finish numbers have a hole before ${i}`);
  });
  const editsAt = editsOf(study);
  for (const trial of trials) checkTrial(world, trial, ended, editsAt);
  if (world.options.front === true) checkFront(world, ended);
  for (const [number, value] of world.shown) {
    const end = trials[number]?.end;
    if (end == null || !Object.is(end.value, value))
      throw new Violation(`trial ${number} was shown with ${value}, and the file says otherwise`);
  }
}

/** The front follows from the trials' parameters, in the file and in the scheduler alike. */
function checkFront(world: AdversarialWorld, ended: readonly StoredTrial[]): void {
  const points: (Point & { readonly number: number })[] = [];
  for (const { number, state, params, end } of ended) {
    const x = params[0] ?? NaN;
    const measured = { value: modelValue(x), metrics: modelMetrics(x) };
    const figures = state === 'complete' ? figuresOf(modelOfTwo, measured) : null;
    const expected = state === 'complete' ? (figures ?? worstFigures(modelOfTwo)) : undefined;
    if (!isDeepStrictEqual(end?.figures, expected))
      throw new Violation(`trial ${number} is stored with other values than it has`);
    const violation = figures === null ? Infinity : violationOf(modelOfTwo, figures);
    if (figures !== null && violation === 0)
      points.push({
        number,
        at: oriented(figures.values, directionsOf(modelOfTwo) ?? []),
        violation,
      });
  }
  const front = points.filter((point) => !points.some((other) => dominates(other, point)));
  const known = world.study?.columns.front?.numbers;
  if (known === undefined || world.writes.length > 0) return;
  const numbers = front.map(({ number }) => number).sort((a, b) => a - b);
  if (
    !isDeepStrictEqual(
      [...known].sort((a, b) => a - b),
      numbers,
    )
  )
    throw new Violation(`the front is ${known.join(', ')}, not ${numbers.join(', ')}`);
}

function checkTrial(
  world: AdversarialWorld,
  trial: StoredTrial,
  ended: readonly StoredTrial[],
  editsAt: (number: number) => number,
): void {
  const { sampler, trials } = world.options;
  const { number, historyLength, params, end, state, unsettled, verdict } = trial;
  const attempts = world.record.attempts(STUDY, number);
  const outcomes = attempts.map(({ outcome }) => outcome);
  const silences = attempts.filter(
    ({ outcome, detail }) => outcome === 'lost' && detail === 'silent',
  ).length;
  if (
    end?.outcome === 'silent' &&
    silences < (world.options.scheduler?.maxSilences ?? DEFAULT_OPTIONS.maxSilences)
  )
    throw new Violation(
      `trial ${number} failed as silent, and its worker was silent ${silences} times`,
    );
  const values = outcomes.filter(
    (outcome) => outcome === 'succeeded' || outcome === 'diverged',
  ).length;
  if (number >= trials) throw new Violation(`trial ${number} is beyond the limit of ${trials}`);
  if (values !== Number(state === 'complete'))
    throw new Violation(`trial ${number} is ${state} with ${values} results`);
  const prunes = outcomes.filter((outcome) => outcome === 'pruned').length;
  // The worker of a trial with a verdict may have been lost, or have obeyed an earlier cancel.
  const fewest = verdict === undefined ? Number(state === 'pruned') : 0;
  if (prunes < fewest || prunes > Number(state === 'pruned'))
    throw new Violation(`trial ${number} is ${state}, its attempts were ${outcomes.join(', ')}`);
  if (state === 'pruned' && end?.value !== trial.reports.at(-1)?.value)
    throw new Violation(`trial ${number} was pruned with another value than its last report`);
  if (
    verdict !== undefined &&
    (state === 'waiting' || (state === 'failed' && end?.outcome !== 'cancelled'))
  )
    throw new Violation(`trial ${number} has a verdict and is ${state}`);
  if (world.options.promotes === true) checkPauses(trial, outcomes);
  if (end !== null && unsettled.length > 0)
    throw new Violation(`trial ${number} has ended, and an attempt has not`);
  const most = world.options.nodes === undefined ? 1 : 2;
  const running = unsettled.length > 0 && unsettled.length <= most;
  if (end === null && running !== (state === 'running'))
    throw new Violation(`trial ${number} is ${state} with ${unsettled.length} attempts`);
  const x = params[0] ?? NaN;
  if (sampler.synchronous) {
    const ideal = isClean(world, ended) ? idealList(sampler, trials, editsAt)[number] : undefined;
    if (ideal !== undefined && x !== ideal.x)
      throw new Violation(
        `trial ${number} was proposed as ${x}, not ${ideal.x}: it depends on the world`,
      );
    if (ideal !== undefined && state === 'complete' && end?.value !== ideal.value)
      throw new Violation(`trial ${number} is worth ${end?.value ?? ''}, not ${ideal.value}`);
    return;
  }
  const shown = ended
    .slice(0, historyLength)
    .map((other) =>
      other.state === 'pruned' && other.verdict !== undefined
        ? other.verdict.expected
        : (other.end?.value ?? NaN),
    );
  if (x !== modelParam(sampler, number, shown, editsAt(number)))
    throw new Violation(`trial ${number} cannot be proposed again from the file`);
}

/** A trial pauses once at each rung, and reports up to its last one stay. */
function checkPauses(
  { number, state, end, reports }: StoredTrial,
  outcomes: readonly (string | null)[],
): void {
  const pauses = outcomes.filter((outcome) => outcome === 'paused').length;
  if (pauses > PROMOTION_RUNGS.length)
    throw new Violation(`trial ${number} paused ${pauses} times`);
  if (end?.outcome === 'succeeded' && pauses < PROMOTION_RUNGS.length)
    throw new Violation(`trial ${number} is ${state} after ${pauses} pauses`);
  for (const rung of PROMOTION_RUNGS.slice(0, pauses))
    if (!reports.some(({ step }) => step === rung - 1))
      throw new Violation(`trial ${number} has no report at the rung of epoch ${rung}`);
}

/** Checks the end of a fair world. @throws Violation */
export function checkFinished(world: AdversarialWorld): void {
  const study = world.record.snapshot().studies.find(({ uid }) => uid === STUDY);
  if (study === undefined) throw new Violation('the study is gone');
  const { sampler, target = null, trials } = world.options;
  const stored = [...study.trials];
  const limit = study.limit ?? Infinity;
  const complete =
    stored.length >= limit && stored.slice(0, limit).every(({ end }) => end !== null);
  if ((sampler.synchronous || target === null) && !complete)
    throw new Violation('finished with trials open');
  if (world.shown.size > stored.length) throw new Violation('more was shown than there is');
  if (!sampler.synchronous || !isClean(world, stored)) return;
  if (limit !== idealLimit(world))
    throw new Violation(
      `the limit came to ${limit}, not ${idealLimit(world)}: it depends on the world`,
    );
  checkList(world, study, trials);
}

function checkList(world: AdversarialWorld, study: StoredStudy, trials: number): void {
  const { trials: stored } = study;
  const ideal = idealList(world.options.sampler, trials, editsOf(study));
  for (const { number, params, end } of [...stored].slice(0, idealLimit(world))) {
    const { x, value } = ideal[number] ?? { x: NaN, value: NaN };
    if (params[0] !== x || end?.value !== value)
      throw new Violation(`trial ${number} is not that of the undisturbed study`);
  }
}

/** Number of edits of the search before each trial. */
function editsOf({ spec: { edits = [] } }: StoredStudy): (number: number) => number {
  return (number) => edits.filter(({ first }) => first <= number).length;
}

/** End of the block that contains the first hit. */
function idealLimit({ options: { sampler, target = null, trials } }: AdversarialWorld): number {
  const hit =
    target === null ? -1 : idealList(sampler, trials).findIndex(({ value }) => value <= target);
  if (hit < 0) return trials;
  return Math.min(
    trials,
    sampler.generation === 0 ? hit + 1 : barrierOf(sampler, hit) + sampler.generation,
  );
}

/** Returns whether nothing occurred that may change the list of a synchronous study. */
function isClean(
  { options: { faults } }: AdversarialWorld,
  trials: Iterable<StoredTrial>,
): boolean {
  if ([faults.crash, faults.cancel, faults.prune].some((left = 0) => left > 0)) return false;
  return ![...trials].some(({ end }) => end?.outcome === 'silent');
}

function byFinish(a: StoredTrial, b: StoredTrial): number {
  return (a.end?.finishSeq ?? 0) - (b.end?.finishSeq ?? 0);
}

function must(found: readonly string[]): void {
  if (found.length > 0) throw new Violation(found.join('; '));
}
