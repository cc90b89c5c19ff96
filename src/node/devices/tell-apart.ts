/**
 * Tells cards of one model apart on this machine: tries the ways of `pin-ways` with a process that
 * computes, or takes what an earlier try found.
 */
import type { NodeSample } from '../../protocol/window/telemetry.ts';
import { startBurst } from '../../runtime/gpu/burst.ts';
import { systemTimer } from '../../runtime/timer.ts';
import type { Timer } from '../../runtime/timer.ts';
import { busyDevices, choosePin, risenDevices } from './choose-pin.ts';
import type { TwinPin, Used } from './choose-pin.ts';
import type { PinRecord } from './pin-record.ts';
import { processPin } from './pin-ways.ts';
import type { ProcessPin, TwinCard, WayFacts } from './pin-ways.ts';

/** Cards of one model, which one adapter name may stand for. */
export interface TwinGroup {
  readonly adapter: string;
  readonly cards: readonly TwinCard[];
  /** Version of their driver; null: unknown. */
  readonly driver: string | null;
}

/** Latest sample of this machine's utilisation; null: none yet. */
export type LastSample = () => NodeSample | null;

export type TellApart = (
  group: TwinGroup,
  facts: WayFacts,
  lastSample: LastSample,
) => Promise<TwinPin>;

export interface TellApartOptions {
  readonly record: PinRecord;
  readonly timer?: Timer;
  /** A plain Node. */
  readonly execPath?: string | undefined;
  /** Path of the WebGPU library's module; default: the package `webgpu`. */
  readonly library?: string;
}

/** Time for a process to start computing, in milliseconds. */
const START_MS = 10_000;
/** Time in which a card's load must rise, in milliseconds: samples are a second apart. */
const RISE_MS = 4000;
/** Time in which the load of the process before must fall, in milliseconds. */
const FALL_MS = 4000;
const POLL_MS = 100;

/** Returns the function that tells cards apart. */
export function tellApart(options: TellApartOptions): TellApart {
  const { record, timer = systemTimer } = options;
  return async (group, facts, lastSample) => {
    const key = JSON.stringify([group, facts]);
    const remembered = await record.find(key);
    if (remembered !== null) return remembered;
    const { lasting, ...pin } = await choosePin(group.cards, facts, (card, way) =>
      usedCard(group, processPin(way, card, group.cards), { ...options, timer, lastSample }),
    );
    if (lasting) await record.store(key, pin);
    return pin;
  };
}

interface Trying extends Pick<TellApartOptions, 'execPath' | 'library'> {
  readonly timer: Timer;
  readonly lastSample: LastSample;
}

async function usedCard(group: TwinGroup, pin: ProcessPin, trying: Trying): Promise<Used> {
  const { timer, lastSample, execPath, library } = trying;
  const devices = group.cards.map(({ device }) => device);
  const idle = (sample: NodeSample): boolean => busyDevices(devices, sample).length === 0;
  const before = await nextSample(timer, lastSample, FALL_MS, idle);
  if (before === null)
    return { reason: 'the cards are in use, so that a load of ours would not show', later: true };
  const burst = startBurst({ adapter: group.adapter, ...pin, execPath, library });
  try {
    const late = 'the process did not compute in time';
    const failure = await inTime(timer, START_MS, burst.computing, late);
    if (failure !== null) return { reason: failure, later: failure === late };
    const during = await nextSample(timer, lastSample, RISE_MS, (sample) => {
      return risenDevices(devices, before, sample).length === 1;
    });
    const [device] = during === null ? [] : risenDevices(devices, before, during);
    return device === undefined
      ? { reason: 'no single card’s load or power rose', later: true }
      : { device };
  } finally {
    await burst.stop();
  }
}

/** The first later sample that satisfies the condition; null: none within the time. */
function nextSample(
  timer: Timer,
  lastSample: LastSample,
  ms: number,
  holds: (sample: NodeSample) => boolean,
): Promise<NodeSample | null> {
  const end = timer.now() + ms;
  const first = lastSample();
  return new Promise((resolve) => {
    const look = (): void => {
      const sample = lastSample();
      if (sample !== null && sample !== first && holds(sample)) resolve(sample);
      else if (timer.now() >= end) resolve(null);
      else timer.after(POLL_MS, look);
    };
    look();
  });
}

function inTime<T>(timer: Timer, ms: number, promise: Promise<T>, late: T): Promise<T> {
  return new Promise((resolve) => {
    const cancel = timer.after(ms, () => resolve(late));
    void promise.then((value) => {
      cancel();
      resolve(value);
    });
  });
}
