/** Chooses the devices that `--devices`, or a study, names. */
import { deviceId, isSelected } from '../../core/device.ts';
import { nearestName } from '../../core/nearest-name.ts';
import type { StartableDevice } from '../../node/devices/pin.ts';
import { UsageError } from '../process/exit-codes.ts';

export interface ChosenDevices {
  /** True if CPU workers are started. */
  readonly cpu: boolean;
  readonly cards: readonly StartableDevice[];
}

/**
 * @param names as given: `cpu`, `gpu` for every GPU, `gpu/0` or `gpu0`; null: every device
 * @param cards those that work here
 * @param source where the names stand, for the error
 * @throws UsageError for a name of no device, with the nearest one
 */
export function chooseDevices(
  names: readonly string[] | null,
  cards: readonly StartableDevice[],
  source = '--devices',
): ChosenDevices {
  if (names === null) return { cpu: true, cards };
  const known = ['cpu', ...cards.map(({ device }) => device.id)];
  const chosen = new Set<string>();
  for (const name of names) {
    const id = deviceId(name);
    const ids = id === 'gpu' ? known.filter((each) => each.startsWith('gpu/')) : [id];
    if (ids.length === 0 || ids.some((each) => !known.includes(each)))
      throw unknown(source, name, known);
    for (const each of ids) chosen.add(each);
  }
  return { cpu: chosen.has('cpu'), cards: cards.filter(({ device }) => chosen.has(device.id)) };
}

function unknown(source: string, name: string, known: readonly string[]): UsageError {
  const nearest = nearestName(name, known);
  return new UsageError(
    `${source}: expected some of ${known.join(', ')}, found ${JSON.stringify(name)}.${
      nearest === undefined ? '' : ` Did you mean ${nearest}?`
    } galapagos devices lists all devices, and why some do not work.`,
  );
}

/**
 * Refuses to run a study that selects none of the devices: nothing would ever run.
 * @param selection of the study; undefined: every device
 * @throws UsageError
 */
export function requireSelected(
  selection: readonly string[] | undefined,
  { cpu, cards }: ChosenDevices,
): void {
  const chosen = [...(cpu ? ['cpu'] : []), ...cards.map(({ device }) => device.id)];
  if (chosen.some((id) => isSelected(selection, id))) return;
  throw new UsageError(
    `the study was set up for ${selection?.join(', ') ?? 'every device'}, and this run uses ${chosen.length === 0 ? 'no device' : chosen.join(', ')}; name its devices with --devices, or start a new study from its file (galapagos export)`,
  );
}
