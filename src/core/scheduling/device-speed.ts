/**
 * Measured speed of a study's trials per device, which decides how waiting trials are shared out.
 * Kept in memory: a restart measures anew.
 */
import { deviceOfSlot } from '../device.ts';
import { Median } from './median.ts';
import type { Cohort, DeviceSpeed, LabState, Study } from './state.ts';

/**
 * Records a cohort whose last trial has ended by itself.
 * @param ms that the cohort ran, by its worker's clock
 */
export function recordSpeed(lab: LabState, cohort: Cohort, ms: number): void {
  const { study, slot, attempts } = cohort;
  const speed = speedToChange(study, slot.name);
  speed.cohortMs.add(ms);
  speed.trialMs.add(ms / attempts.length);
  const device = deviceOfSlot(slot.name);
  if (speed.cohortMs.value < lab.options.queueBelowMs) study.quickDevices.add(device);
  else study.quickDevices.delete(device);
}

/** Records how many trials fill the slot's device. */
export function recordLanesWanted(study: Study, slot: string, lanes: number): void {
  speedToChange(study, slot).lanesWanted = lanes;
}

function speedToChange({ speeds }: Study, slot: string): DeviceSpeed {
  const device = deviceOfSlot(slot);
  let speed = speeds.get(device);
  if (speed === undefined) {
    speed = { cohortMs: new Median(), trialMs: new Median(), lanesWanted: Infinity };
    speeds.set(device, speed);
  }
  return speed;
}
