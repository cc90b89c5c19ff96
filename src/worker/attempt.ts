/**
 * Evaluates a cohort's lanes with their study's objective and converts every outcome into a result
 * of the wire format: a throw is a crash, a value that is not finite is divergence, a failed
 * allocation is out of memory. Never rejects.
 */
import type { LanesListener } from '../core/lanes-listener.ts';
import type { AttemptResult, Report } from '../core/scheduling/index.ts';
import { TrainingError } from '../training/training-error.ts';
import type { Evaluate, LaneEnd, StopReason, Workplace } from '../objectives/evaluate.ts';
import { objectiveKind, objectiveKindNames } from '../objectives/registry.ts';
import { Gate } from '../runtime/gate.ts';
import type { RunLanes } from './cohorts.ts';

/** Failures after which the device, not the trial, has to be replaced. */
const DEVICE_FAILURES: ReadonlySet<string> = new Set(['device-lost', 'timed-out']);

/** Greatest length of an error text: the message and the first lines of the stack. */
const ERROR_CHARACTERS = 4000;
const STACK_LINES = 6;

/**
 * @param loseDevice called once training has lost its device, or the device hangs. The attempts
 *   then have no result: it ends the process, and the scheduler repeats them free of charge.
 */
export function createRunner(
  workplace: Workplace,
  loseDevice?: (error: TrainingError) => void,
): RunLanes {
  const device = workplace.device.id;
  const gate = workplace.gate ?? new Gate();
  const evaluators = new Map<string, Evaluate>();
  const evaluatorOf = (kind: string): Evaluate => {
    const known = evaluators.get(kind) ?? objectiveKind(kind)?.evaluator(workplace);
    if (known === undefined)
      throw new Error(
        `this worker knows no objective '${kind}', only ${objectiveKindNames().join(', ')}`,
      );
    evaluators.set(kind, known);
    return known;
  };
  return async (study, lanes, listener, shape) => {
    const { kind } = study.objective;
    // The time for which the worker was held is no part of an attempt's duration.
    const clock = (): number => performance.now() - gate.closedMs;
    const startedAt = clock();
    const elapsed = (): number => clock() - startedAt;
    try {
      const evaluate = evaluatorOf(kind);
      const toResult = (lane: number, end: LaneEnd | undefined): AttemptResult =>
        resultOf(end, lanes[lane]?.signal ?? AbortSignal.abort('cancelled'), elapsed(), device);
      const forwarded: LanesListener<Report, LaneEnd> = {
        progress: (progress) => listener.progress(progress),
        report: (lane, report) => listener.report(lane, report),
        ended: (lane, end) => listener.ended(lane, toResult(lane, end)),
      };
      const ends = await evaluate(study, lanes, forwarded, shape);
      return lanes.map((_, lane) => toResult(lane, ends[lane]));
    } catch (error) {
      if (loseDevice !== undefined && isDeviceFailure(error)) {
        loseDevice(error);
        return new Promise(() => undefined);
      }
      return lanes.map(({ signal }) =>
        signal.aborted ? stopped(signal, elapsed(), device) : failed(error, elapsed(), device),
      );
    }
  };
}

function resultOf(
  end: LaneEnd | undefined,
  signal: AbortSignal,
  ms: number,
  device: string,
): AttemptResult {
  if (end === undefined)
    return { outcome: 'crashed', error: 'the objective gave no outcome for this lane', ms, device };
  if (end.outcome === 'stopped') return stopped(signal, ms, device, end);
  if (end.outcome === 'failed') {
    const { as: outcome, byNeighbour = false, error, reports = [] } = end;
    return {
      outcome,
      error: error.slice(0, ERROR_CHARACTERS),
      ms,
      device,
      ...(byNeighbour ? { byNeighbour } : {}),
      ...(reports.length === 0 ? {} : { reports }),
    };
  }
  const { value, metrics, executor, executorReason, lanesWanted, reports = [] } = end;
  const about = {
    ms,
    device,
    ...(metrics === undefined ? {} : { metrics: finite(metrics) }),
    ...(executor === undefined ? {} : { executor }),
    ...(executorReason === undefined ? {} : { executorReason }),
    ...(lanesWanted === undefined ? {} : { lanesWanted }),
    ...(reports.length === 0 ? {} : { reports }),
  };
  if (end.outcome === 'pruned')
    return { outcome: 'pruned', ...(Number.isFinite(value) ? { value } : {}), ...about };
  return Number.isFinite(value)
    ? { outcome: 'succeeded', value, ...about }
    : { outcome: 'diverged', ...about };
}

/** @param end of the lane; absent: it came to none */
function stopped(
  signal: AbortSignal,
  ms: number,
  device: string,
  { executor, reports = [] }: Omit<Extract<LaneEnd, { outcome: 'stopped' }>, 'outcome'> = {},
): AttemptResult {
  const reason = signal.reason as StopReason;
  if (reason === 'outOfMemory')
    return { outcome: reason, error: 'this worker’s resident memory passed its limit', ms };
  if (reason !== 'pruned') return { outcome: reason, ms };
  return {
    outcome: reason,
    ms,
    device,
    ...(executor === undefined ? {} : { executor }),
    ...(reports.length === 0 ? {} : { reports }),
  };
}

function failed(error: unknown, ms: number, device: string): AttemptResult {
  return {
    outcome: isOutOfMemory(error) ? 'outOfMemory' : 'crashed',
    error: described(error),
    ms,
    device,
  };
}

/** Returns the metrics with values that are not finite as text, as the wire has them. */
function finite(
  metrics: Readonly<Record<string, number | string>>,
): Record<string, number | string> {
  return Object.fromEntries(
    Object.entries(metrics).map(([name, value]) => [
      name,
      typeof value === 'number' && !Number.isFinite(value) ? String(value) : value,
    ]),
  );
}

/**
 * V8 throws a RangeError when a buffer or a WebAssembly memory cannot be allocated; a full heap
 * ends the process instead.
 */
function isOutOfMemory(error: unknown): boolean {
  if (error instanceof TrainingError) return error.kind === 'out-of-memory';
  return (
    error instanceof RangeError &&
    /allocat|out of memory|invalid (typed )?array length/i.test(error.message)
  );
}

function isDeviceFailure(error: unknown): error is TrainingError {
  return error instanceof TrainingError && DEVICE_FAILURES.has(error.kind);
}

function described(error: unknown): string {
  const text =
    error instanceof Error
      ? (error.stack ?? `${error.name}: ${error.message}`)
      : `thrown: ${String(error)}`;
  const message =
    error instanceof Error && !text.includes(error.message) ? `${error.message}\n` : '';
  return `${message}${text.split('\n').slice(0, STACK_LINES).join('\n')}`.slice(
    0,
    ERROR_CHARACTERS,
  );
}
