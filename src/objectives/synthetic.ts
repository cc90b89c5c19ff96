/**
 * The objective `synthetic`: a named function of the numeric parameters' values (other parameters
 * are ignored), with a duration and failures on request. For tests, demonstrations and benchmarks.
 * Value and duration are drawn by (seed, trial), so they are reproducible; failures by (seed,
 * trial, attempt), so a retry may succeed.
 */
import { at } from '../core/at.ts';
import { exp } from '../core/elementary.ts';
import { PURPOSE, Stream } from '../core/random.ts';
import type { Report } from '../core/scheduling/index.ts';
import type { ParamValue } from '../core/search-space/distribution.ts';
import { syntheticObjective } from '../protocol/objective.ts';
import { parse } from '../protocol/problems.ts';
import type { SyntheticObjective } from '../protocol/objective.ts';
import type { StudyMessage } from '../protocol/worker-messages.ts';
import { Gate } from '../runtime/gate.ts';
import type { Evaluate, EvaluatedLane, LaneEnd } from './evaluate.ts';
import { NO_PREVIEW, SELF_CONTAINED } from './objective-kind.ts';
import type { ObjectiveKind } from './objective-kind.ts';
import { functions, several } from './synthetic-functions.ts';

/** Stream indices of one trial's random draws. */
const DURATION = 0;
const DIVERGENCE = 1;
const FAILURE = 2;
const PRUNING = 3;
const CURVE = 4;

/** Least height above its value at which the reports of a trial begin, and its spread. */
const CURVE_HEIGHT = 0.5;
const CURVE_SPREAD = 1;

/** Share of its duration after which a trial is pruned. */
const PRUNED_AFTER = 0.5;

export const synthetic: ObjectiveKind<SyntheticObjective> = {
  ...SELF_CONTAINED,
  trains: false,
  statesSeed: false,
  epochs: ({ epochs }) => (typeof epochs === 'number' && epochs > 1 ? epochs : null),
  dataset: () => null,
  metrics: ({ function: name }) => ['value', ...(isSeveral(name) ? several[name].metrics : [])],
  check: () => [],
  notes: () => [],
  preview: () => NO_PREVIEW,
  epochSamples: () => null,
  shapeKey: () => null,
  // Evaluated in one process, one after another: lanes of a card bring nothing.
  runsOn: (_, device) => device === 'cpu',
  duration: ({ durationMs = 0 }) => durationMs,
  evaluator: ({ slot, gate = new Gate() }) => createSynthetic(slot, gate),
};

/**
 * @param slot of the worker: an objective may ask to fail on some slots
 * @param gate durations elapse only while it is open
 */
function createSynthetic(slot: string, gate: Gate): Evaluate {
  const parsed = new WeakMap<StudyMessage, SyntheticObjective>();
  return async (study, lanes, listener) => {
    let objective = parsed.get(study);
    if (objective === undefined) {
      objective = parse(syntheticObjective, study.objective, 'the study’s objective');
      parsed.set(study, objective);
    }
    const ends: LaneEnd[] = [];
    for (const [place, lane] of lanes.entries()) {
      const evaluated = evaluate(objective, study.seed, slot, lane, gate, (report) =>
        listener.report(place, report),
      );
      const end = evaluated instanceof Promise ? await evaluated : evaluated;
      if (end.outcome === 'pruned')
        for (const report of end.reports ?? []) listener.report(place, report);
      ends.push(end);
    }
    return ends;
  };
}

/** Evaluates a lane. Without a duration it runs synchronously, without a promise. */
function evaluate(
  objective: SyntheticObjective,
  seed: number,
  slot: string,
  lane: EvaluatedLane,
  gate: Gate,
  report: (report: Report) => void,
): LaneEnd | Promise<LaneEnd> {
  if (lane.signal.aborted) return { outcome: 'stopped' };
  if (objective.failOnSlots?.some((pattern) => matches(pattern, slot)) === true)
    throw new Error(`fails on ${slot}, as asked`);
  const failure = failureOf(objective, seed, lane);
  const { pruneRate = 0 } = objective;
  const pruned = pruneRate > 0 && draw(seed, lane, PRUNING, 0) < pruneRate;
  const share = failure?.share ?? (pruned ? PRUNED_AFTER : 1);
  const ms = durationOf(objective, seed, lane) * share;
  const end = (): LaneEnd => {
    failure?.fail();
    const diverges = draw(seed, lane, DIVERGENCE, 0) < (objective.divergeRate ?? 0);
    const point = Object.values(lane.params).filter(isNumber);
    const { value, metrics } = measured(objective.function, point, diverges);
    return pruned && Number.isFinite(value)
      ? { outcome: 'pruned', value, reports: [{ step: 0, value }] }
      : { outcome: 'finished', value, ...(metrics === undefined ? {} : { metrics }) };
  };
  const { epochs = 1 } = objective;
  if (epochs > 1 && failure === null && !pruned) {
    const { from = 0, until = epochs } = lane.part ?? {};
    const reports = curveOf(seed, lane, epochs, end()).slice(from, until);
    const last = reports.at(-1);
    const ended = end();
    // A part of a training is worth what it reports last.
    const partial = ended.outcome === 'finished' && last !== undefined && until < epochs;
    const result = partial ? { ...ended, value: last.value } : ended;
    const share = (Math.min(until, epochs) - from) / epochs;
    return reported(lane, gate, report, { ms: ms * share, reports, end: () => result });
  }
  return ms === 0 && gate.isOpen ? end() : delayed(ms, lane.signal, gate, end);
}

/** @param diverges whether every value is NaN */
function measured(
  name: SyntheticObjective['function'],
  point: readonly number[],
  diverges: boolean,
): { readonly value: number; readonly metrics?: Readonly<Record<string, number>> } {
  if (!isSeveral(name)) return { value: diverges ? NaN : functions[name](point) };
  const { metrics, evaluate: values } = several[name];
  const found = values(point).map((value) => (diverges ? NaN : value));
  return {
    value: at(found, 0),
    metrics: Object.fromEntries(metrics.map((metric, i) => [metric, at(found, i)])),
  };
}

function isSeveral(name: SyntheticObjective['function']): name is keyof typeof several {
  return Object.hasOwn(several, name);
}

/** Reports of a trial, which fall in equal steps to its value; none if it diverges. */
function curveOf(seed: number, lane: EvaluatedLane, epochs: number, end: LaneEnd): Report[] {
  const value = end.outcome === 'finished' ? end.value : NaN;
  if (!Number.isFinite(value)) return [];
  const height = CURVE_HEIGHT + CURVE_SPREAD * draw(seed, lane, CURVE, 0);
  return Array.from({ length: epochs }, (_, step) => ({
    step,
    value: value + height * (1 - (step + 1) / epochs),
  }));
}

/** Reports one step after another; the last report is part of the outcome. */
async function reported(
  { signal }: EvaluatedLane,
  gate: Gate,
  report: (report: Report) => void,
  { ms, reports, end }: { ms: number; reports: readonly Report[]; end: () => LaneEnd },
): Promise<LaneEnd> {
  const steps = Math.max(1, reports.length);
  for (let step = 0; step < steps; step++) {
    await gate.opened([signal]);
    await gate.elapsed(ms / steps, signal);
    if (signal.aborted) return { outcome: 'stopped', reports: reports.slice(0, step) };
    const done = reports[step];
    if (done !== undefined && step < reports.length - 1) report(done);
  }
  const ended = end();
  return ended.outcome === 'finished' ? { ...ended, reports } : ended;
}

async function delayed(
  ms: number,
  signal: AbortSignal,
  gate: Gate,
  end: () => LaneEnd,
): Promise<LaneEnd> {
  await gate.opened([signal]);
  await gate.elapsed(ms, signal);
  return signal.aborted ? { outcome: 'stopped' } : end();
}

/**
 * Failure that an attempt shall have and the share of its duration after which it happens; null:
 * none.
 */
function failureOf(
  objective: SyntheticObjective,
  seed: number,
  lane: EvaluatedLane,
): { readonly share: number; readonly fail: () => void } | null {
  const { failureRate = 0, crashRate = 0, memoryRate = 0 } = objective;
  if (failureRate + crashRate + memoryRate === 0) return null;
  const { number, attemptNumber } = lane.attempt;
  const stream = new Stream(seed, {
    purpose: PURPOSE.synthetic,
    ordinal: FAILURE,
    trial: number + 1,
    round: attemptNumber,
  });
  const [throws, crashes, fills, share, aborts] = [
    stream.uniform(),
    stream.uniform(),
    stream.uniform(),
    stream.uniform(),
    stream.uniform(),
  ];
  if (crashes < crashRate)
    return { share, fail: () => (aborts < 0.5 ? process.abort() : process.exit(1)) };
  if (throws < failureRate) {
    const fail = (): never => {
      throw new Error(`attempt ${attemptNumber} of trial ${number} fails, as asked`);
    };
    return { share, fail };
  }
  if (fills < memoryRate) {
    const fail = (): never => {
      throw new RangeError('Array buffer allocation failed, as asked');
    };
    return { share, fail };
  }
  return null;
}

function durationOf(
  { durationMs = 0 }: SyntheticObjective,
  seed: number,
  { attempt }: EvaluatedLane,
): number {
  if (typeof durationMs === 'number') return durationMs;
  const stream = new Stream(seed, {
    purpose: PURPOSE.synthetic,
    ordinal: DURATION,
    trial: attempt.number + 1,
  });
  return durationMs.median * exp(durationMs.sigma * stream.normal());
}

function draw(seed: number, { attempt }: EvaluatedLane, ordinal: number, round: number): number {
  return new Stream(seed, {
    purpose: PURPOSE.synthetic,
    ordinal,
    trial: attempt.number + 1,
    round,
  }).uniform();
}

/** Matches a pattern in which `*` stands for any text; nothing else is special. */
function matches(pattern: string, slot: string): boolean {
  const parts = pattern.split('*');
  const [first = ''] = parts;
  if (parts.length === 1) return pattern === slot;
  if (!slot.startsWith(first)) return false;
  let at = first.length;
  for (const part of parts.slice(1, -1)) {
    const found = slot.indexOf(part, at);
    if (found === -1) return false;
    at = found + part.length;
  }
  const last = parts.at(-1) ?? '';
  return slot.length - last.length >= at && slot.endsWith(last);
}

function isNumber(value: ParamValue): value is number {
  return typeof value === 'number';
}
