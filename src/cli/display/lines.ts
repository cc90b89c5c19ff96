/**
 * The display without a terminal: one line for each finished trial, and a summary line every ten
 * seconds.
 */
import { at } from '../../core/at.ts';
import { sharedLines } from '../actions/share-lab.ts';
import { count, duration, number, params, rate, score } from './format.ts';
import { isOnThisNode, parseSlot, shortSlot } from '../../core/device.ts';
import { outcomeText } from '../../core/study/outcome-words.ts';
import type { ScoreKind } from '../../core/study/score.ts';
import type { RunDisplay, RunEvent, RunStart, RunSummary } from './run-display.ts';
import { RunProgress } from './run-progress.ts';
import { scoresText, summary } from './summary.ts';

const PROGRESS_EVERY_MS = 10_000;
/** Reasons for the loss of a worker that concern its whole machine. */
const WITH_ITS_NODE: ReadonlySet<string> = new Set(['drained', 'nodeLost']);

type TrialEnded = Extract<RunEvent, { type: 'trialEnded' }>;

export class LinesDisplay implements RunDisplay {
  readonly #write: (line: string) => void;
  readonly #kind: ScoreKind;
  #progress: RunProgress | null = null;
  #lastMs: number | null = null;

  constructor(write: (line: string) => void, kind: ScoreKind) {
    this.#write = write;
    this.#kind = kind;
  }

  start(run: RunStart): void {
    this.#progress = new RunProgress(run);
    const budget = run.trials === null ? 'no trial limit' : count(run.trials, 'trial');
    const resumed = run.resumed ? `, resumed with ${count(run.done ?? 0, 'trial')} done` : '';
    this.#write(
      `${run.study}: ${budget} on ${count(run.workers, 'worker')}${resumed}, lab file ${run.lab}`,
    );
    for (const note of run.notes) this.#write(`Note: ${note}`);
  }

  event(event: RunEvent): void {
    this.#progress?.event(event);
    const line = eventLine(event, this.#kind, this.#progress?.names);
    if (line !== null) this.#write(line);
  }

  tick(nowMs: number): void {
    const progress = this.#progress;
    if (progress === null) return;
    progress.tick(nowMs);
    this.#lastMs ??= nowMs;
    if (nowMs - this.#lastMs < PROGRESS_EVERY_MS) return;
    this.#lastMs = nowMs;
    this.#write(progressLine(progress, this.#kind));
  }

  finish(end: RunSummary): void {
    if (this.#progress === null) return;
    this.#write('');
    const { run, machines } = this.#progress;
    for (const line of summary(run, end, { width: Infinity, kind: this.#kind, machines }))
      this.#write(line);
  }
}

/**
 * `18 of 64 trials · best 94.12 % in trial 14 · 3.4 evaluations/s · 14 s left · 2 of 2 workers
 * busy`.
 */
export function progressLine(progress: RunProgress, kind: ScoreKind): string {
  const { run, done, perSecond, leftMs, workers, workerCount } = progress;
  const busy = [...workers.values()].filter(({ doing }) => doing === 'trial').length;
  return [
    run.trials === null ? count(done, 'trial') : `${done} of ${count(run.trials, 'trial')}`,
    bestText(progress, kind),
    rate(perSecond),
    `${leftMs === null ? '–' : duration(leftMs)} left`,
    `${busy} of ${count(workerCount, 'worker')} busy`,
  ].join(' · ');
}

/**
 * `best 94.12 % in trial 14`, or `front of 5 trials, best accuracy 94.98 %, trainingSeconds 0.377`;
 * `best –`, `front –`: no trial has a value.
 */
export function bestText({ best, front }: RunProgress, kind: ScoreKind): string {
  if (front !== null) {
    if (front.size === 0) return 'front –';
    const scores = scoresText({ value: NaN, values: front.best }, kind);
    return `front of ${count(front.size, 'trial')}, best ${scores}`;
  }
  return best === null ? 'best –' : `best ${score(best.value, kind)} in trial ${best.trial}`;
}

/**
 * Log line of an event; null: none.
 * @param names of the lab's other machines by id
 */
export function eventLine(
  event: RunEvent,
  kind: ScoreKind,
  names: ReadonlyMap<string, string> = new Map(),
): string | null {
  switch (event.type) {
    case 'trialEnded':
      return `${trialLine(event, kind)}${elsewhere(event.slot, names)}`;
    case 'trialReported':
      return `trial ${event.trial}  epoch ${event.epoch}  ${score(event.value, kind)}`;
    case 'trialBack':
      if (event.outcome === 'paused') return `trial ${event.trial}  paused at a rung`;
      return `trial ${event.trial}  attempt ${event.attempt} on ${shortSlot(event.slot, names)} ${outcomeText(event.outcome)}, retrying${because(event.detail)}`;
    case 'workerLost':
      // That its machine was drained or has left is a line of its own.
      if (WITH_ITS_NODE.has(event.reason) && !isOnThisNode(event.slot)) return null;
      return `worker ${shortSlot(event.slot, names)} lost${because(event.reason)}`;
    case 'quarantined':
      return `worker ${shortSlot(event.slot, names)} quarantined for ${duration(event.forMs)}${because(event.reason)}`;
    case 'released':
      return `worker ${shortSlot(event.slot, names)} released from quarantine`;
    case 'storageStalled':
      return `cannot write the lab file, retrying${because(event.error)}`;
    case 'storageBack':
      return 'writing the lab file works again';
    case 'shared':
      return sharedLines(event).join('\n');
    case 'node':
    case 'note':
      return event.text;
    case 'workerReady':
    case 'trialStarted':
      return null;
    default:
      return event satisfies never;
  }
}

/** `  on PIXEL` for a trial of another machine. */
function elsewhere(slot: string | null, names: ReadonlyMap<string, string>): string {
  if (slot === null || isOnThisNode(slot)) return '';
  const { node } = parseSlot(slot);
  return `  on ${names.get(node) ?? node}`;
}

function trialLine(end: TrialEnded, kind: ScoreKind): string {
  const failed =
    end.outcome === 'cancelled'
      ? 'cancelled'
      : `failed${because(end.error ?? outcomeText(end.outcome))}`;
  const result =
    end.state === 'failed' ? failed : end.state === 'pruned' ? 'pruned' : worthText(end, kind);
  const time = end.ms === null ? '' : `  ${number(Math.round(end.ms) / 1000)} s`;
  return `trial ${end.trial}  ${result}  ${params(end.params)}${time}${placeText(end)}`;
}

function worthText({ value, ranked }: TrialEnded, kind: ScoreKind): string {
  if (ranked === undefined) return score(value, kind);
  const { values, violates } = ranked;
  const scores = scoresText({ value: NaN, values }, kind);
  return `${scores}${violates.length === 0 ? '' : ', violates a bound'}`;
}

function placeText({ isBest, ranked }: TrialEnded): string {
  if (ranked !== undefined) return ranked.joinsFront ? '  joins the front' : '';
  return isBest ? '  best so far' : '';
}

function because(reason: string | null): string {
  return reason === null || reason === '' ? '' : `: ${at(reason.split('\n'), 0)}`;
}
