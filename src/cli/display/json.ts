/**
 * The display for programs: one JSON object on each line, by the schema of
 * `protocol/run-output.ts`.
 */
import type { ScoreKind } from '../../core/study/score.ts';
import type { RunOutput } from '../../protocol/run-output.ts';
import { startedFromOutputOf } from '../../studies/start-from/map-history.ts';
import type {
  BestTrial,
  RankedEnd,
  RunDisplay,
  RunEvent,
  RunStart,
  RunSummary,
} from './run-display.ts';
import { RunProgress } from './run-progress.ts';

const PROGRESS_EVERY_MS = 1_000;

export class JsonDisplay implements RunDisplay {
  readonly #write: (line: string) => void;
  readonly #clock: () => Date;
  readonly #kind: ScoreKind;
  #progress: RunProgress | null = null;
  #lastMs: number | null = null;

  /** @param clock the wall clock, for `at` */
  constructor(write: (line: string) => void, clock: () => Date, kind: ScoreKind) {
    this.#kind = kind;
    this.#write = write;
    this.#clock = clock;
  }

  start(run: RunStart): void {
    this.#progress = new RunProgress(run);
    const {
      study,
      resumed,
      trials,
      workers,
      direction,
      parameterNames,
      notes,
      histories = [],
      lab,
      done = 0,
    } = run;
    this.#say({
      event: 'started',
      study,
      resumed,
      trials,
      workers,
      direction,
      ...this.#kind,
      parameters: [...parameterNames],
      notes: [...notes],
      ...(histories.length === 0 ? {} : { startedFrom: histories.map(startedFromOutputOf) }),
      lab,
      done,
    });
  }

  event(event: RunEvent): void {
    this.#progress?.event(event);
    this.#say(outputOf(event));
  }

  tick(nowMs: number): void {
    const progress = this.#progress;
    if (progress === null) return;
    progress.tick(nowMs);
    this.#lastMs ??= nowMs;
    if (nowMs - this.#lastMs < PROGRESS_EVERY_MS) return;
    this.#lastMs = nowMs;
    const { done, run, perSecond, leftMs, elapsedMs, best, front } = progress;
    this.#say({
      event: 'progress',
      done,
      trials: run.trials,
      perSecond,
      leftMs,
      elapsedMs,
      best: best === null ? null : bestOutput(best),
      ...(front === null ? {} : { front: { trials: front.size, best: { ...front.best } } }),
    });
  }

  finish(end: RunSummary): void {
    const {
      study,
      state,
      reason,
      complete,
      pruned,
      failed,
      lostAttempts,
      settled,
      elapsedMs,
      energy,
      earlyStops,
      executors,
      generations,
      written,
      resumeCommand,
    } = end;
    this.#say({
      event: 'finished',
      study,
      state,
      reason,
      complete,
      pruned,
      failed,
      lostAttempts,
      settled,
      elapsedMs,
      energy,
      ...(earlyStops === undefined ? {} : { earlyStops: { ...earlyStops } }),
      executors: [...executors],
      ...this.#kind,
      best: end.best.map(bestOutput),
      generations: generations === null ? null : [...generations],
      lab: written.lab,
      bestConfigs: written.bestConfigs,
      resumeCommand,
    });
  }

  #say(output: RunOutputBody): void {
    this.#write(JSON.stringify({ ...output, at: this.#clock().toISOString() } satisfies RunOutput));
  }
}

type RunOutputBody = RunOutput extends infer Each
  ? Each extends RunOutput
    ? Omit<Each, 'at'>
    : never
  : never;

function outputOf(event: RunEvent): RunOutputBody {
  switch (event.type) {
    case 'workerReady':
      return {
        event: 'worker',
        slot: event.slot,
        state: 'ready',
        reason: null,
        device: event.device,
      };
    case 'workerLost':
      return {
        event: 'worker',
        slot: event.slot,
        state: 'lost',
        reason: event.reason,
        device: null,
      };
    case 'quarantined':
      return {
        event: 'worker',
        slot: event.slot,
        state: 'quarantined',
        reason: event.reason,
        device: null,
      };
    case 'released':
      return { event: 'worker', slot: event.slot, state: 'released', reason: null, device: null };
    case 'trialStarted': {
      const { trial, attempt, slot, params } = event;
      return { event: 'trialStarted', trial, attempt, slot, params };
    }
    case 'trialReported': {
      const { trial, attempt, slot, epoch, value, metrics } = event;
      return { event: 'trialReported', trial, attempt, slot, epoch, value, metrics };
    }
    case 'trialEnded': {
      const {
        trial,
        attempt,
        slot,
        state,
        outcome,
        value,
        params,
        origin,
        isBest,
        ms,
        error,
        metrics,
        ranked,
      } = event;
      const lineage = { ...origin, parents: [...origin.parents] };
      return {
        event: 'trialEnded',
        trial,
        attempt,
        slot,
        state,
        outcome,
        value,
        params,
        lineage,
        isBest,
        ...(ranked === undefined ? {} : rankedOutput(ranked)),
        ms,
        error,
        metrics,
      };
    }
    case 'trialBack': {
      const { trial, attempt, slot, outcome, detail } = event;
      return { event: 'trialBack', trial, attempt, slot, outcome, detail };
    }
    case 'storageStalled':
      return { event: 'storage', state: 'stalled', error: event.error };
    case 'storageBack':
      return { event: 'storage', state: 'back', error: null };
    case 'node': {
      const { node, name, text } = event;
      return { event: 'node', node, name, text };
    }
    case 'shared': {
      const { port, invitation, until } = event;
      return { event: 'shared', port, invitation, until };
    }
    case 'note':
      return { event: 'note', text: event.text };
    default:
      return event satisfies never;
  }
}

function rankedOutput({
  values,
  violates,
  joinsFront,
}: RankedEnd): Pick<
  Extract<RunOutput, { event: 'trialEnded' }>,
  'values' | 'violates' | 'joinsFront'
> {
  return {
    values: { ...values },
    ...(violates.length === 0 ? {} : { violates: [...violates] }),
    joinsFront,
  };
}

function bestOutput({
  trial,
  value,
  values,
  params,
  attempt,
  origin,
}: BestTrial): NonNullable<Extract<RunOutput, { event: 'progress' }>['best']> {
  return {
    trial,
    value,
    ...(values === undefined ? {} : { values: { ...values } }),
    params,
    attempt,
    lineage: { ...origin, parents: [...origin.parents] },
  };
}
