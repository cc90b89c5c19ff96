/**
 * Restricts a worker process to one device by environment variables, which must be set before the
 * process starts: CUDA and Vulkan read them while they load.
 */
import type { Device } from '../../core/device.ts';
import { ADAPTER_VARIABLE } from '../../runtime/gpu/adapters.ts';
import type { DeviceList, ListedCard, ListedDevice } from '../../protocol/device-list.ts';

/** Part of no adapter's name: the worker opens none. */
const NO_ADAPTER = 'none';
/** Hides every card from CUDA. */
const NO_CARD = '-1';

/** A device that a worker should serve, and what pins the worker to it. */
export interface StartableDevice {
  readonly device: Device;
  readonly environment: Readonly<Record<string, string>>;
}

/** Most trials that one worker of a card trains together, until its results say how many pay. */
const CARD_LANES = 256;
/** Memory that a card of unknown memory is expected to have. */
const LEAST_CARD_BYTES = 2 * 2 ** 30;

/** Environment variables of a worker of the device. */
export function pinEnvironment(device: ListedDevice): Record<string, string> {
  if (device.kind === 'cpu') return { CUDA_VISIBLE_DEVICES: NO_CARD };
  const { vendor, uuid, partitions, adapter, pin, address } = device;
  const cudaDevice = vendor === 'NVIDIA' ? (partitions[0]?.uuid ?? uuid) : null;
  return {
    CUDA_DEVICE_ORDER: 'PCI_BUS_ID',
    CUDA_VISIBLE_DEVICES: cudaDevice ?? NO_CARD,
    ...(adapter === null ? {} : { [ADAPTER_VARIABLE]: adapter }),
    ...(pin === 'layer' && address !== null ? { DRI_PRIME: primeName(address) } : {}),
  };
}

/** The name by which Mesa's device-select layer knows a card: `pci-0000_41_00_0`. */
function primeName(address: string): string {
  return `pci-${address.replaceAll(/[:.]/g, '_')}`;
}

/**
 * Cards that should get a worker, in the order of the list. Of twins that share an adapter, only
 * the first is among them, unless CUDA works on them.
 */
export function startableCards({ devices }: DeviceList): readonly StartableDevice[] {
  const started: string[] = [];
  return devices.flatMap((card) => {
    if (card.kind !== 'gpu' || !card.executors.some(({ usable }) => usable)) return [];
    const cuda = card.executors.some(({ name, usable }) => name === 'tensorflow' && usable);
    const second = card.pin === 'shared' && card.twins.some((twin) => started.includes(twin));
    if (second && !cuda) return [];
    started.push(card.id);
    const environment = pinEnvironment(card);
    // The adapter is the first twin's.
    if (second) environment[ADAPTER_VARIABLE] = NO_ADAPTER;
    return [{ device: deviceOf(card), environment }];
  });
}

function deviceOf({ id, vendor, name, memoryBytes, partitions }: ListedCard): Device {
  const memory = memoryBytes ?? LEAST_CARD_BYTES;
  return {
    id,
    kind: 'gpu',
    name: name ?? `${vendor} graphics card`,
    lanes: CARD_LANES,
    memoryBytes: Math.min(memory, partitionBytes(partitions[0]?.name ?? '') ?? memory),
  };
}

/** Memory that the profile of a MIG instance names, such as `3g.20gb`, in bytes. */
function partitionBytes(profile: string): number | null {
  const gigabytes = /(\d+)gb/.exec(profile)?.[1];
  return gigabytes === undefined ? null : Number(gigabytes) * 1e9;
}
