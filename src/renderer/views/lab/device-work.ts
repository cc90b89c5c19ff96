/**
 * Work of a device for a study, from the attempts in memory: speed and energy per trial. Pure;
 * computed once a second.
 */
import type { AttemptRow, SlotRow } from '../../../protocol/window/lab-stream.ts';
import { joules, rate, unit } from '../../format.ts';
import { text } from '../../text.ts';
import { coveredMs } from '../../time/bars.ts';

export interface WorkFacts {
  readonly attempts: readonly AttemptRow[];
  /** The study; null: none is open. */
  readonly study: string | null;
  /** Samples of an epoch; null: nothing is trained, or unknown. */
  readonly epochSamples: number | null;
  /** Number of epochs that a trial has reported. */
  readonly epochsOf: (trial: number) => number;
  /** Joules of a trial; NaN: unknown. */
  readonly energyOf: (trial: number) => number;
  /** Milliseconds since 1970. */
  readonly now: number;
}

/** Attempts whose trials were trained to an end. */
const TRAINED = new Set(['succeeded', 'pruned', 'diverged']);

/** Samples per second of one worker while it trains the study; null: nothing was reported yet. */
export function speedOf({
  attempts,
  study,
  epochSamples,
  epochsOf,
  now,
}: WorkFacts): number | null {
  if (epochSamples === null) return null;
  const own = attempts.filter((attempt) => attempt.study === study);
  const ended = own.filter(({ outcome }) => outcome !== null && TRAINED.has(outcome));
  const used = ended.length > 0 ? ended : own.filter(({ to }) => to === null);
  const [first] = used;
  if (first === undefined) return null;
  const from = Math.min(...used.map((attempt) => attempt.from));
  const ms = coveredMs(used, { from, to: now });
  const samples = used.reduce((sum, { trial }) => sum + epochsOf(trial) * epochSamples, 0);
  return ms > 0 && samples > 0 ? (1000 * samples) / ms : null;
}

/** Mean energy of the study's ended trials on one worker, in joules; null: none is known. */
export function energyPerTrial({ attempts, study, energyOf }: WorkFacts): number | null {
  const known = attempts.flatMap((attempt) => {
    if (attempt.study !== study || attempt.to === null) return [];
    const energy = energyOf(attempt.trial);
    return Number.isFinite(energy) ? [energy] : [];
  });
  return known.length === 0 ? null : known.reduce((sum, each) => sum + each, 0) / known.length;
}

/** A figure of the device's work; `shown` null: unknown, for the reason in `note`. */
export interface WorkFigure {
  readonly label: string;
  readonly shown: string | null;
  readonly note: string;
}

type Slot = Pick<SlotRow, 'lanesTaken' | 'lanesFull' | 'running'>;

/**
 * Lanes, speed and energy of the workers of one device.
 * @param facts one for each slot
 * @param powerUnknown why the power of the device is unknown; null: it is known
 */
export function workFigures(
  slots: readonly Slot[],
  facts: readonly WorkFacts[],
  powerUnknown: string | null,
): readonly WorkFigure[] {
  const words = text.lab.work;
  const known = (values: readonly (number | null)[]): readonly number[] =>
    values.flatMap((value) => (value === null ? [] : [value]));
  const speeds = known(facts.map(speedOf));
  const energies = known(facts.map(energyPerTrial));
  return [
    ...lanesFigure(slots),
    {
      label: words.speed,
      shown:
        speeds.length === 0
          ? null
          : unit(rate(rounded(speeds.reduce((sum, speed) => sum + speed, 0))), words.samples),
      note: speeds.length === 0 ? words.noSpeed : words.whileTraining,
    },
    {
      label: words.energy,
      shown:
        energies.length === 0
          ? null
          : joules(energies.reduce((sum, energy) => sum + energy, 0) / energies.length),
      note: energies.length > 0 ? words.idleIncluded : (powerUnknown ?? words.noEnergy),
    },
  ];
}

/** Busy lanes of those that the study takes; none for workers that train one trial at a time. */
function lanesFigure(slots: readonly Slot[]): readonly WorkFigure[] {
  const words = text.lab.work;
  const sum = (of: (slot: Slot) => number): number =>
    slots.reduce((total, slot) => total + of(slot), 0);
  const taken = sum(({ lanesTaken }) => lanesTaken ?? 0);
  const busy = sum(({ running }) => running.length);
  if (taken <= slots.length && busy <= slots.length) return [];
  const full = slots.every(({ lanesFull }) => lanesFull !== null)
    ? sum(({ lanesFull }) => lanesFull ?? 0)
    : null;
  return [
    {
      label: words.lanes,
      shown: words.lanesOf({ busy, of: Math.max(taken, busy) }),
      note: full === null ? words.fullUnknown : words.full({ lanes: full }),
    },
  ];
}

/** To three significant digits. */
function rounded(n: number): number {
  return Number(n.toPrecision(3));
}
