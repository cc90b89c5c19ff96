/**
 * Restricts a worker process to one card by environment variables, which CUDA and Vulkan read while
 * they load, and for cards of one model by a way of `pin-ways`.
 */
import { ASSUMED_CARD_BYTES, type Device } from '../../core/device.ts';
import { ADAPTER_VARIABLE, MEMORY_VARIABLE } from '../../runtime/gpu/adapters.ts';
import type { DeviceList, ListedCard } from '../../protocol/device-list.ts';
import { cardConditions } from './conditions.ts';
import { LEFT_OUT } from './obstacles.ts';
import { processPin } from './pin-ways.ts';
import type { ProcessPin, TwinCard } from './pin-ways.ts';

/** The worker opens no adapter. */
const NO_ADAPTER = '';
/** Hides every card from CUDA. */
const NO_CARD = '-1';

/** A device that a worker should serve, and what pins the worker to it. */
export interface StartableDevice extends ProcessPin {
  readonly device: Device;
  /** Identity of the card for drivers; absent: the processor, or a software adapter. */
  readonly card?: Pick<ListedCard, 'vendor' | 'uuid' | 'address'>;
  /** Conditions that slow trials down on it, as parts of sentences. */
  readonly conditions: readonly string[];
}

/** Restricts a worker of the processor to it. Level Zero has no value that hides every card. */
export const CPU_PIN: ProcessPin = {
  environment: { CUDA_VISIBLE_DEVICES: NO_CARD, HIP_VISIBLE_DEVICES: NO_CARD },
  command: [],
};

/** Most trials that one worker of a card trains together, until its results say how many pay. */
const CARD_LANES = 256;

/**
 * Restricts a worker to the card.
 * @param twins all cards of its model that share its adapter
 * @param place its number among the cards of its maker, in the order of the bus
 */
function pinTo(card: ListedCard, twins: readonly ListedCard[], place: number): ProcessPin {
  const { vendor, uuid, partitions, adapter, pin } = card;
  const memoryBytes = knownMemory(card);
  const cudaDevice = vendor === 'NVIDIA' ? (partitions[0]?.uuid ?? uuid) : null;
  const own =
    pin === 'layer' || pin === 'hidden'
      ? processPin(pin, twinOf(card), twins.map(twinOf))
      : { environment: {}, command: [] };
  return {
    environment: {
      CUDA_DEVICE_ORDER: 'PCI_BUS_ID',
      CUDA_VISIBLE_DEVICES: cudaDevice ?? NO_CARD,
      HIP_VISIBLE_DEVICES: vendor === 'AMD' ? String(place) : NO_CARD,
      ...(vendor === 'Intel'
        ? { ZE_AFFINITY_MASK: String(place), ZE_ENABLE_PCI_ID_DEVICE_ORDER: '1' }
        : {}),
      ...(memoryBytes === null ? {} : { [MEMORY_VARIABLE]: String(memoryBytes) }),
      [ADAPTER_VARIABLE]: adapter ?? NO_ADAPTER,
      ...own.environment,
    },
    command: own.command,
  };
}

function twinOf({ id, address, deviceFiles }: ListedCard): TwinCard {
  return { device: id, address, files: deviceFiles };
}

/**
 * Cards that should get a worker, in the order of the list. Of twins that share an adapter, only
 * the first is among them, unless CUDA works on them.
 * @param forPrograms whether workers start programs, which need a driver and no executor
 */
export function startableCards(
  { devices }: DeviceList,
  forPrograms = false,
): readonly StartableDevice[] {
  const started: string[] = [];
  return devices.flatMap((card) => {
    if (card.kind !== 'gpu') return [];
    const open = forPrograms && isOpenToPrograms(card);
    if (!open && !card.executors.some(({ usable }) => usable)) return [];
    const cuda = open || card.executors.some(({ name, usable }) => name === 'tensorflow' && usable);
    const second = card.pin === 'shared' && card.twins.some((twin) => started.includes(twin));
    if (second && !cuda) return [];
    started.push(card.id);
    const twins = devices.flatMap((each) =>
      each.kind === 'gpu' && each.adapter === card.adapter ? [each] : [],
    );
    const ofMaker = devices.filter((each) => each.kind === 'gpu' && each.vendor === card.vendor);
    const { environment, command } = pinTo(card, twins, ofMaker.indexOf(card));
    // The adapter is the first twin's.
    const own = second ? { ...environment, [ADAPTER_VARIABLE]: NO_ADAPTER } : environment;
    const { vendor, uuid, address } = card;
    return [
      {
        device: deviceOf(card),
        card: { vendor, uuid, address },
        conditions: cardConditions(card),
        environment: own,
        command,
      },
    ];
  });
}

/**
 * Returns whether the driver of NVIDIA reports the card, which CUDA needs, and the card is not left
 * out. Of other makers, a working executor shows that programs reach the card.
 */
function isOpenToPrograms({ vendor, uuid, executors }: ListedCard): boolean {
  const leftOut = executors.some((each) => !each.usable && each.reason === LEFT_OUT.card.reason);
  return vendor === 'NVIDIA' && uuid !== null && !leftOut;
}

function deviceOf(card: ListedCard): Device {
  return {
    id: card.id,
    kind: 'gpu',
    name: card.name ?? `${card.vendor} graphics card`,
    ...(card.driver === null ? {} : { driver: card.driver }),
    lanes: CARD_LANES,
    memoryBytes: knownMemory(card) ?? ASSUMED_CARD_BYTES,
  };
}

/**
 * Memory of the card that other programs leave, or of the instance of it that a worker uses; null:
 * unknown.
 */
function knownMemory({ memoryBytes, figures, partitions }: ListedCard): number | null {
  const partition = partitionBytes(partitions[0]?.name ?? '');
  const free = memoryBytes === null ? null : memoryBytes - (figures.memoryBytes ?? 0);
  if (partition === null || free === null) return partition ?? free;
  return Math.min(free, partition);
}

/** Memory that the profile of a MIG instance names, such as `3g.20gb`, in bytes. */
function partitionBytes(profile: string): number | null {
  const gigabytes = /(\d+)gb/.exec(profile)?.[1];
  return gigabytes === undefined ? null : Number(gigabytes) * 1e9;
}
