/** Chooses the devices that `--devices` names. */
import { nearestName } from '../../core/nearest-name.ts';
import type { StartableDevice } from '../../node/devices/pin.ts';
import { UsageError } from '../process/exit-codes.ts';

export interface ChosenDevices {
  /** Whether CPU workers are started. */
  readonly cpu: boolean;
  readonly cards: readonly StartableDevice[];
}

/**
 * @param names as given: `cpu`, `gpu` for every GPU, `gpu/0` or `gpu0`; null: every device
 * @param cards those that work here
 * @throws UsageError for a name of no device, with the nearest one
 */
export function chooseDevices(
  names: readonly string[] | null,
  cards: readonly StartableDevice[],
): ChosenDevices {
  if (names === null) return { cpu: true, cards };
  const known = ['cpu', ...cards.map(({ device }) => device.id)];
  const chosen = new Set<string>();
  for (const name of names) {
    const id = name.replace(/^gpu-?(\d+)$/, 'gpu/$1');
    const ids = id === 'gpu' ? known.filter((each) => each.startsWith('gpu/')) : [id];
    if (ids.length === 0 || ids.some((each) => !known.includes(each))) throw unknown(name, known);
    for (const each of ids) chosen.add(each);
  }
  return { cpu: chosen.has('cpu'), cards: cards.filter(({ device }) => chosen.has(device.id)) };
}

function unknown(name: string, known: readonly string[]): UsageError {
  const nearest = nearestName(name, known);
  return new UsageError(
    `--devices: expected some of ${known.join(', ')}, found ${JSON.stringify(name)}.${
      nearest === undefined ? '' : ` Did you mean ${nearest}?`
    } galapagos devices lists all devices, and why some do not work.`,
  );
}
