/**
 * Finds out which way restricts a process to one of several cards of the same model: a process that
 * is started that way computes, and the card whose load rises is the one it uses.
 */
import { deviceName } from '../../core/device.ts';
import type { NodeSample } from '../../protocol/window/telemetry.ts';
import { PIN_WAYS, wayObstacle } from './pin-ways.ts';
import type { PinWay, TwinCard, WayFacts } from './pin-ways.ts';

/** The way to tell cards of one model apart. */
export interface TwinPin {
  /** Null: not at all. */
  readonly way: PinWay | null;
  /** Reason why the ways before it, or all of them, do not work. */
  readonly failed: readonly string[];
}

/** The card that a process used, or the reason why this is unknown. */
export type Used =
  | { readonly device: string }
  | {
      readonly reason: string;
      /** True if another attempt may succeed. */
      readonly later: boolean;
    };

export interface ChosenPin extends TwinPin {
  /** True if the answer holds until cards or drivers change. */
  readonly lasting: boolean;
}

/**
 * Takes the first way by which every card gets a process of its own.
 * @param use starts a process restricted to a card that way, and reports the card that it used
 */
export async function choosePin(
  twins: readonly TwinCard[],
  facts: WayFacts,
  use: (card: TwinCard, way: PinWay) => Promise<Used>,
): Promise<ChosenPin> {
  const failed: string[] = [];
  let lasting = true;
  for (const way of PIN_WAYS) {
    let obstacle = wayObstacle(way, twins, facts);
    for (const card of obstacle === null ? twins : []) {
      const used = await use(card, way);
      if ('device' in used && used.device === card.device) continue;
      obstacle =
        'device' in used
          ? `${WAYS[way]} for ${deviceName(card.device)}, a process used ${deviceName(used.device)}`
          : `${WAYS[way]}: ${used.reason}`;
      if ('reason' in used && used.later) lasting = false;
      break;
    }
    if (obstacle === null) return { way, failed, lasting: true };
    failed.push(obstacle);
  }
  return { way: null, failed, lasting };
}

const WAYS: Readonly<Record<PinWay, string>> = {
  layer: 'with Mesa’s device-select layer',
  hidden: 'with the other cards’ device files hidden',
};

/** Load above which a card's own work hides that of the process, in per cent. */
const BUSY_LOAD = 60;
/** Rise of the load that shows work, in percentage points. */
const RISE_LOAD = 25;
/** Rise of the power that shows work, in watts, where the load is unknown. */
const RISE_POWER = 15;

/** Devices that are too busy for a rise to show, of those given. */
export function busyDevices(devices: readonly string[], before: NodeSample): string[] {
  return devices.filter((device) => (figure(before, device, 'load') ?? 0) >= BUSY_LOAD);
}

/** Devices whose load or power rose between two samples, of those given. */
export function risenDevices(
  devices: readonly string[],
  before: NodeSample,
  during: NodeSample,
): string[] {
  return devices.filter((device) => {
    const rise = (name: 'load' | 'power'): number | null => {
      const [from, to] = [figure(before, device, name), figure(during, device, name)];
      return from === null || to === null ? null : to - from;
    };
    const load = rise('load');
    return load === null ? (rise('power') ?? 0) >= RISE_POWER : load >= RISE_LOAD;
  });
}

function figure(sample: NodeSample, device: string, name: 'load' | 'power'): number | null {
  return sample.devices.find((each) => each.device === device)?.[name] ?? null;
}
