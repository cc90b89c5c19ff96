/**
 * Keeps the list of this machine's devices: the cards and figures of its utilisation, with the
 * executors that work on each. The machine is looked at again when a card appears or disappears,
 * and on request.
 */
import type { DeviceList, ListedCard, ListedDevice } from '../../protocol/device-list.ts';
import type { NodeInventory, NodeSample } from '../../protocol/window/telemetry.ts';
import { systemTimer } from '../../runtime/timer.ts';
import type { Timer } from '../../runtime/timer.ts';
import type { Utilisation } from '../machine/utilisation.ts';
import { assess } from './assess.ts';
import type { Assessment, MachineFacts, SeenCard, TwinPins } from './assess.ts';
import type { TwinPin } from './choose-pin.ts';
import type { TellApart } from './tell-apart.ts';

export interface DeviceWatchOptions {
  readonly utilisation: Pick<Utilisation, 'inventory' | 'samples' | 'ready'>;
  /** Looks at the machine. */
  readonly look: (cards: NodeInventory['devices']) => Promise<MachineFacts>;
  /** Tells cards of one model apart; default: they are not told apart. */
  readonly tellApart?: TellApart;
  readonly platform?: string;
  readonly timer?: Timer;
  /** Called when the executors of a device may have changed. */
  readonly onChange?: () => void;
}

export interface DeviceWatch {
  /** Resolves when the machine was looked at once. */
  readonly ready: Promise<void>;
  /** The inventory with the executors of each device. A new object whenever it changes. */
  inventory(): NodeInventory;
  list(): DeviceList;
  /**
   * Looks at the machine again, unless the last look is younger. Never rejects.
   * @param minAgeMs age of the last look, in milliseconds
   */
  refresh(minAgeMs?: number): Promise<void>;
}

const POWER_UNKNOWN = 'the power of processors is not measured';

export function watchDevices(options: DeviceWatchOptions): DeviceWatch {
  const { utilisation, look, platform = process.platform, timer = systemTimer } = options;
  const { onChange = () => undefined } = options;
  let machine: MachineFacts | null = null;
  let pins: TwinPins = new Map();
  let looking: Promise<void> | null = null;
  let doneAt = -Infinity;
  /** Cards that the machine was last looked at with. */
  let lookedAt: string | null = null;
  let assessed: {
    readonly of: string;
    readonly machine: MachineFacts;
    readonly result: Assessment;
  } | null = null;
  let merged: {
    readonly of: NodeInventory;
    readonly by: Assessment;
    readonly inventory: NodeInventory;
  } | null = null;

  const lastSample = (): NodeSample | null => utilisation.samples.last ?? null;

  const pinsOf = async (
    devices: NodeInventory['devices'],
    facts: MachineFacts,
  ): Promise<TwinPins> => {
    const { tellApart } = options;
    const told = new Map<string, TwinPin>();
    if (tellApart === undefined) return told;
    const cards = devices.map((card) => seenCard(card, lastSample()));
    // One after another: a second group's work would hide the first one's.
    for (const group of assess(cards, facts, platform).groups) {
      const pin = await tellApart(group, facts.ways, lastSample);
      for (const { device } of group.cards) told.set(device, pin);
    }
    return told;
  };

  const refresh = (minAgeMs = 0): Promise<void> => {
    if (minAgeMs > 0 && timer.now() - doneAt < minAgeMs) return Promise.resolve();
    const { devices } = utilisation.inventory();
    lookedAt = placesOf(devices);
    looking ??= look(devices)
      .then(async (facts) => {
        pins = await pinsOf(devices, facts);
        machine = facts;
        onChange();
      })
      .then(
        () => undefined,
        // `look` words every failure; an unexpected one leaves the last facts.
        () => undefined,
      )
      .finally(() => {
        looking = null;
        doneAt = timer.now();
      });
    return looking;
  };
  const ready = utilisation.ready.then(() => refresh());

  const assessment = (): Assessment | null => {
    const { devices } = utilisation.inventory();
    if (lookedAt !== null && lookedAt !== placesOf(devices) && looking === null) void refresh();
    if (machine === null) return null;
    const cards = devices.map((card) => seenCard(card, lastSample()));
    const of = JSON.stringify(cards);
    if (assessed?.of !== of || assessed.machine !== machine) {
      const result = assess(cards, machine, platform, pins);
      const unchanged =
        assessed !== null && assessed.machine === machine && same(assessed.result, result);
      assessed = { of, machine, result: unchanged && assessed !== null ? assessed.result : result };
    }
    return assessed.result;
  };

  const inventory = (): NodeInventory => {
    const bare = utilisation.inventory();
    const by = assessment();
    if (by === null) return bare;
    if (merged?.of !== bare || merged.by !== by)
      merged = { of: bare, by, inventory: withUse(bare, by, machine) };
    return merged.inventory;
  };

  return {
    ready,
    inventory,
    refresh,
    list() {
      const { name, devices, devicesUnknown, ...node } = inventory();
      const sample = lastSample();
      return {
        format: 'galapagos-devices/1',
        machine: { host: name, platform },
        devices: [processor(node, sample), ...devices.map((card) => listedCard(card, sample))],
        devicesUnknown,
        unmatched: {
          adapters: [...(assessment()?.unmatched.adapters ?? [])],
          cards: [...(assessment()?.unmatched.cards ?? [])],
        },
      };
    },
  };
}

function placesOf(cards: NodeInventory['devices']): string {
  return cards.map(({ device, address }) => `${device} ${address ?? ''}`).join('\n');
}

function same(a: Assessment, b: Assessment): boolean {
  const text = ({ cards, unmatched }: Assessment): string =>
    JSON.stringify([[...cards], unmatched]);
  return text(a) === text(b);
}

function seenCard(card: NodeInventory['devices'][number], sample: NodeSample | null): SeenCard {
  const { device, vendor, model, driver, uuid, address, memoryBytes } = card;
  const silence = sample?.devices.find((each) => each.device === device)?.unknown['load'] ?? null;
  return { device, vendor, model, driver, uuid, address, memoryBytes, silence };
}

function withUse(
  inventory: NodeInventory,
  { cards }: Assessment,
  machine: MachineFacts | null,
): NodeInventory {
  return {
    ...inventory,
    executors: [...(machine?.processor ?? [])],
    devices: inventory.devices.map((card) => ({ ...card, ...cards.get(card.device) })),
  };
}

function processor(
  {
    processor: name,
    cores,
    memoryBytes,
    executors,
  }: Omit<NodeInventory, 'name' | 'devices' | 'devicesUnknown'>,
  sample: NodeSample | null,
): ListedDevice {
  const notYet = 'not sampled yet';
  const loads = sample?.cores ?? [];
  return {
    id: 'cpu',
    kind: 'cpu',
    name,
    cores,
    memoryBytes,
    executors: [...executors],
    figures: {
      load: loads.length === 0 ? null : loads.reduce((sum, load) => sum + load, 0) / loads.length,
      memoryBytes: sample?.memoryBytes ?? null,
      memoryTotalBytes: sample?.memoryTotalBytes ?? memoryBytes,
      temperature: sample?.temperature ?? null,
      power: null,
      powerLimit: null,
    },
    unknown: {
      ...(loads.length === 0 ? { load: sample?.unknown['cores'] ?? notYet } : {}),
      ...(sample === null ? { memoryBytes: notYet } : {}),
      ...(sample?.temperature == null
        ? { temperature: sample?.unknown['temperature'] ?? notYet }
        : {}),
      power: POWER_UNKNOWN,
      powerLimit: POWER_UNKNOWN,
    },
  };
}

function listedCard(
  { device, model, ...card }: NodeInventory['devices'][number],
  sample: NodeSample | null,
): ListedCard {
  const found = sample?.devices.find((each) => each.device === device) ?? null;
  const names = [
    'load',
    'memoryBytes',
    'memoryTotalBytes',
    'temperature',
    'power',
    'powerLimit',
  ] as const;
  const entries = names.map((name) => {
    const value = found?.[name] ?? null;
    return [name, name === 'memoryTotalBytes' ? (value ?? card.memoryBytes) : value] as const;
  });
  return {
    id: device,
    kind: 'gpu',
    name: model,
    ...card,
    figures: Object.fromEntries(entries) as ListedCard['figures'],
    unknown: Object.fromEntries(
      entries
        .filter(([, value]) => value === null)
        .map(([name]) => [name, found?.unknown[name] ?? 'not sampled yet']),
    ),
  };
}
