/**
 * Chooses the executor of a plan: the one the objective selects, or the fastest usable one, with
 * the reason as text. The other executors follow in order, as fallbacks for a plan that the first
 * one cannot run.
 */
import type { Device } from '../../core/device.ts';
import { timingKey } from '../../runtime/cpu-device.ts';
import type { Executor } from '../executors/executor.ts';
import type { RegisteredExecutor } from '../executors/registry.ts';
import type { TrainObjective } from '../objective/objective.ts';
import { planHash } from '../plan/hash.ts';
import type { Plan } from '../plan/plan.ts';
import { TrainingError } from '../training-error.ts';
import type { Calibrations, Measurement } from './calibrations.ts';
import { measure } from './measure.ts';

export interface Choice {
  readonly executor: Executor;
  readonly label: string;
  /** Reason for the choice, as text. */
  readonly reason: string;
  /** Number of executables that it runs side by side without loss. */
  readonly parallel: number;
}

export interface ChooseOptions {
  readonly calibrations: Calibrations;
  readonly device: Device;
  /** Label with which the study started; undefined if it has not started. */
  readonly began?: string | undefined;
  readonly now: () => number;
  /** Called with the error of an executor that could not be measured. */
  readonly onFailure?: (label: string, error: TrainingError) => void;
}

/** Maximum duration of one calibration without compilations, in milliseconds. */
const BUDGET_MS = 3_000;
/** Greatest length of an error in a reason. */
const LINE_CHARACTERS = 300;
/** Maximum duration of one compilation that is measured, in milliseconds. */
const COMPILE_LIMIT_MS = 20_000;
/**
 * Minimum speed-up for which an executor whose results differ between machines is preferred to a
 * reproducible one.
 */
const WORTH_OTHER_BITS = 1.05;

interface Usable {
  readonly executor: Executor;
  readonly label: string;
  readonly reproducible: boolean;
  readonly computesOn: RegisteredExecutor['computesOn'];
  readonly parallel: number;
}

/**
 * Chooses the executor.
 * @returns the choice, followed by the fallbacks
 * @throws TrainingError `unsupported` if the selected executor, or every executor, is unusable;
 *   `device-lost` if the selected one is because its device is gone
 */
export async function choose(
  { executor: pinned = 'auto', bits }: Pick<TrainObjective, 'executor' | 'bits'>,
  executors: readonly RegisteredExecutor[],
  plan: Plan,
  lanes: number,
  options: ChooseOptions,
): Promise<Choice[]> {
  const { calibrations, device, began } = options;
  const allowed = executors.filter(({ reproducible }) => bits !== 'wasm' || reproducible);
  if (pinned !== 'auto') {
    const entry = allowed.findLast(({ name }) => name === pinned);
    const reason =
      pinned === 'wasm' && bits === 'wasm'
        ? 'selected in the study, with bit-identical results'
        : 'selected in the study';
    return [{ ...(await usableOrThrow(pinned, entry)), reason }];
  }
  const calibrated = allowed.filter(
    ({ use, computesOn }) =>
      use === 'calibrated' && (device.kind === 'gpu' || computesOn !== 'gpu'),
  );
  if (bits === 'wasm') {
    const reason = 'the study requires bit-identical results';
    return [{ ...(await usableOrThrow('wasm', calibrated[0])), reason }];
  }
  const usable = await usableOf(calibrated);
  const fallback = {
    ...(await usableOrThrow(
      'reference',
      executors.find(({ use }) => use === 'fallback'),
    )),
    reason: 'no faster executor is available',
  };
  const same = usable.find(({ label }) => isOf(label, began));
  // A study that started on a CPU must not keep a card idle.
  if (same !== undefined && !(device.kind === 'gpu' && same.computesOn === 'cpu'))
    return [{ ...same, reason: 'the study started with it' }, ...others(usable, same), fallback];
  const note =
    began === undefined || same !== undefined
      ? ''
      : `; the study started with ${began}, which is not available here`;
  const [only, ...more] = usable;
  if (only === undefined) return [{ ...fallback, reason: `${fallback.reason}${note}` }];
  if (more.length === 0)
    return [{ ...only, reason: `the only available executor${note}` }, fallback];
  const key = {
    plan: planHash(plan),
    device: timingKey(device),
    lanes: bucketOf(lanes),
    labels: usable.map(({ label }) => label),
  };
  const measured = await calibrations.get(key, () => measureAll(usable, plan, lanes, options));
  const ranked = rank(usable, measured);
  return [
    ...ranked.map((each) => ({ ...each, reason: `${reasonOf(each, ranked, measured)}${note}` })),
    fallback,
  ];
}

/** Returns whether an attempt's label is that of an executor: forms of webgpu follow its label. */
function isOf(label: string, began: string | undefined): boolean {
  return began === label || began?.startsWith(`${label}:`) === true;
}

function others(usable: readonly Usable[], chosen: Usable): Choice[] {
  return usable
    .filter((each) => each !== chosen)
    .map((each) => ({ ...each, reason: 'usable here' }));
}

async function usableOrThrow(name: string, entry: RegisteredExecutor | undefined): Promise<Usable> {
  if (entry === undefined)
    throw new TrainingError('unsupported', `${name}: its results differ between machines`);
  const { executor, reproducible, computesOn } = entry;
  const found = await executor.probe();
  if (found.usable) {
    const { label, parallel } = found;
    return { executor, label, reproducible, computesOn, parallel };
  }
  const kind = found.lost === true ? 'device-lost' : 'unsupported';
  throw new TrainingError(kind, `${name}: ${found.reason}; ${found.remedy}`);
}

/**
 * Returns the usable executors, one per label: without fused multiply-add both forms of wasm have
 * the same label.
 */
async function usableOf(entries: readonly RegisteredExecutor[]): Promise<Usable[]> {
  const usable: Usable[] = [];
  for (const { executor, reproducible, computesOn } of entries) {
    const found = await executor.probe();
    if (!found.usable || usable.some(({ label }) => label === found.label)) continue;
    const { label, parallel } = found;
    usable.push({ executor, label, reproducible, computesOn, parallel });
  }
  return usable;
}

/** Measures every executor. One that fails gets a speed of 0 and therefore comes last. */
async function measureAll(
  usable: readonly Usable[],
  plan: Plan,
  lanes: number,
  { now, onFailure }: Pick<ChooseOptions, 'now' | 'onFailure'>,
): Promise<Measurement[]> {
  const budgetMs = BUDGET_MS / usable.length;
  const measured: Measurement[] = [];
  for (const { executor, label } of usable) {
    const limits = { budgetMs, compileLimitMs: COMPILE_LIMIT_MS, now };
    try {
      measured.push({ label, ...(await measure(executor, plan, lanes, limits)) });
    } catch (error) {
      if (!(error instanceof TrainingError)) throw error;
      onFailure?.(label, error);
      measured.push({ label, samplesPerSecond: 0, failure: firstLine(error.message) });
    }
  }
  return measured;
}

function rank(usable: readonly Usable[], measured: readonly Measurement[]): Usable[] {
  const speed = (each: Usable): number => {
    const found = measured.find(({ label }) => label === each.label)?.samplesPerSecond ?? 0;
    return each.reproducible ? found * WORTH_OTHER_BITS : found;
  };
  return [...usable].sort((a, b) => speed(b) - speed(a));
}

function reasonOf(
  chosen: Usable,
  ranked: readonly Usable[],
  measured: readonly Measurement[],
): string {
  const figure = ({ label }: Usable): string => {
    const found = measured.find((each) => each.label === label);
    if (found === undefined || found.samplesPerSecond === 0)
      return found?.failure === undefined ? 'failed' : `failed (${found.failure})`;
    const { samplesPerSecond, compileMs = 0 } = found;
    const compiled = compileMs < 1000 ? '' : `, compiled in ${(compileMs / 1000).toFixed(0)} s`;
    return `${String(Number(samplesPerSecond.toPrecision(2)))} samples/s${compiled}`;
  };
  const rest = ranked
    .filter((each) => each !== chosen)
    .map((each) => `${each.label} ${figure(each)}`);
  return `${chosen === ranked[0] ? 'fastest here' : 'measured here'}: ${figure(chosen)}, ${rest.join(', ')}`;
}

/** The first line of a message, which may show a kernel's text. */
export function firstLine(message: string): string {
  const [line = ''] = message.split('\n');
  return line.slice(0, LINE_CHARACTERS);
}

/** Rounds the number of lanes, so that similar cohort sizes share a calibration. */
function bucketOf(lanes: number): number {
  let bucket = 1;
  while (bucket < lanes) bucket *= 2;
  return bucket;
}
