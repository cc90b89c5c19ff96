/**
 * Determines how many lanes fill a device for a plan, from a short measurement of its throughput
 * for 1, 4, 16 … lanes. More lanes than that delay every result without giving more of them.
 */
import type { Device } from '../../core/device.ts';
import type { DatasetShape } from '../../datasets/dataset-view.ts';
import { timingKey } from '../../runtime/cpu-device.ts';
import { planHash } from '../plan/hash.ts';
import type { Plan } from '../plan/plan.ts';
import { TrainingError } from '../training-error.ts';
import type { Calibrations, Measurement } from './calibrations.ts';
import type { Choice } from './choose.ts';
import { measure, type Speed } from './measure.ts';

/** Maximum duration of one measurement, in milliseconds. */
const BUDGET_MS = 500;
/** Factor between two numbers of lanes that are measured. */
const STEP = 4;
/** Growth per step below which more lanes do not pay: 10 % for each doubling. */
const WORTH_MORE = 1.21;
/** Share of the best throughput with which fewer lanes are preferred. */
const NEARLY_BEST = 0.9;
/** Share of the device's memory that a cohort may fill. */
const MEMORY_SHARE = 0.85;

export interface LanesOptions {
  readonly device: Device;
  readonly dataset: DatasetShape;
  readonly calibrations: Calibrations;
  readonly now: () => number;
}

/** @returns 1 … device.lanes */
export async function lanesWanted(
  { executor, label }: Pick<Choice, 'executor' | 'label'>,
  plan: Plan,
  { device, dataset, calibrations, now }: LanesOptions,
): Promise<number> {
  const usable = await executor.probe();
  const memoryBytes = Math.min(device.memoryBytes, usable.usable ? usable.memoryBytes : 0);
  const fits = (lanes: number): boolean => {
    const { sharedBytes, laneBytes, codeBytes } = executor.estimate(plan, lanes, dataset);
    return sharedBytes + codeBytes + lanes * laneBytes <= MEMORY_SHARE * memoryBytes;
  };
  const steps = [1];
  for (let lanes = STEP; lanes <= device.lanes && fits(lanes); lanes *= STEP) steps.push(lanes);
  const labels = steps.map((lanes) => `${label} × ${lanes}`);
  const key = {
    plan: planHash(plan),
    device: timingKey(device),
    lanes: steps.at(-1) ?? 1,
    labels,
  };
  const measured = await calibrations.get(key, async () => {
    const found: Measurement[] = [];
    let best = 0;
    for (const [i, lanes] of steps.entries()) {
      const speed = await speedOf(() =>
        measure(executor, plan, lanes, { budgetMs: BUDGET_MS, now }),
      );
      found.push({ label: labels[i] ?? '', ...speed });
      const { samplesPerSecond } = speed;
      if (samplesPerSecond < best * WORTH_MORE) break;
      best = samplesPerSecond;
    }
    return found;
  });
  const speeds = measured.map(({ samplesPerSecond }) => samplesPerSecond);
  const enough = speeds.findIndex((speed) => speed >= NEARLY_BEST * Math.max(...speeds));
  return steps[enough] ?? 1;
}

/** @returns a speed of 0 where memory does not suffice */
async function speedOf(work: () => Promise<Speed>): Promise<Omit<Measurement, 'label'>> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof TrainingError && error.kind === 'out-of-memory')
      return { samplesPerSecond: 0 };
    throw error;
  }
}
