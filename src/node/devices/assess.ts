/**
 * Decides for each graphics card which executors work on it, from the facts of one look at the
 * machine. Pure.
 */
import type { DeviceExecutor, ListedCard } from '../../protocol/device-list.ts';
import type { Adapter, AdapterList } from '../../runtime/gpu/adapters.ts';
import type { CardAccess } from './card-access.ts';
import type { TwinPin } from './choose-pin.ts';
import { matchAdapters, modelKey } from './match.ts';
import type { CardName, Matching } from './match.ts';
import { vendorOfName } from './names.ts';
import { LEFT_OUT, accessObstacle, cudaObstacle, webgpuObstacle } from './obstacles.ts';
import type { AdapterFacts, CardFacts, Obstacle, TensorflowState } from './obstacles.ts';
import type { Partition } from './partitions.ts';
import type { WayFacts } from './pin-ways.ts';
import type { TwinGroup } from './tell-apart.ts';
import { visibleCards } from './visible.ts';
import type { VisibleCards } from './visible.ts';

/** Facts found by one look at the machine. */
export interface MachineFacts {
  readonly adapters: AdapterList;
  /** By address; absent: unknown. */
  readonly access: ReadonlyMap<string, CardAccess>;
  /** Value of `CUDA_VISIBLE_DEVICES`; absent: not set. */
  readonly visibleDevices?: string | undefined;
  /** By the card's unique id. */
  readonly partitions: ReadonlyMap<string, readonly Partition[]>;
  /** Which ways of telling cards of one model apart can be tried. */
  readonly ways: WayFacts;
  /** Executors on the processor. */
  readonly processor: readonly DeviceExecutor[];
  readonly tensorflow: TensorflowState;
}

/** A card of the inventory, with the reason why its driver reports no figures. */
export interface SeenCard {
  readonly device: string;
  readonly vendor: string;
  readonly model: string | null;
  readonly driver: string | null;
  readonly uuid: string | null;
  readonly address: string | null;
  readonly memoryBytes: number | null;
  readonly silence: string | null;
}

export type CardUse = Pick<
  ListedCard,
  | 'memoryBytes'
  | 'partitions'
  | 'twins'
  | 'pin'
  | 'pinFailed'
  | 'deviceFiles'
  | 'adapter'
  | 'executors'
>;

/** The way to tell cards of one model apart, by the card's id; absent: not known yet. */
export type TwinPins = ReadonlyMap<string, TwinPin>;

export interface Assessment {
  readonly cards: ReadonlyMap<string, CardUse>;
  readonly unmatched: {
    readonly adapters: readonly Adapter[];
    readonly cards: readonly string[];
  };
  /** Cards that share an adapter's name, where a process may be restricted to one of them. */
  readonly groups: readonly TwinGroup[];
}

export function assess(
  cards: readonly SeenCard[],
  found: MachineFacts,
  platform: string,
  pins: TwinPins = new Map(),
): Assessment {
  const machine = seen(cards, found);
  const reports = cards.some(({ vendor, uuid }) => vendor === 'NVIDIA' && uuid !== null);
  const facts = new Map(cards.map((card) => [card.device, factsOf(card, machine, reports)]));
  const reachable = cards.filter(({ device }) => {
    const own = facts.get(device);
    return own !== undefined && accessObstacle(own) === null && !own.partitioned;
  });
  const named = reachable.map((card) => nameOf(card, machine));
  const matching = matchAdapters(named, machine.adapters.adapters, platform);
  const uses = cards.map((card): readonly [string, CardUse] => {
    const own = facts.get(card.device) ?? factsOf(card, machine, reports);
    return [card.device, useOf(card, own, { machine, matching, named, platform, pins })];
  });
  return {
    cards: new Map(uses),
    unmatched: {
      adapters: matching.unmatched,
      cards: uses.filter(([, { adapter }]) => adapter === null).map(([id]) => id),
    },
    groups: platform === 'linux' ? twinGroups(cards, machine, matching) : [],
  };
}

function twinGroups(
  cards: readonly SeenCard[],
  machine: MachineFacts,
  matching: Matching,
): TwinGroup[] {
  const groups = new Map<string, TwinGroup>();
  for (const { adapter, group } of matching.cards.values()) {
    const members = cards.filter(({ device }) => group.includes(device));
    if (members.length < 2) continue;
    groups.set(adapter, {
      adapter,
      driver: members[0]?.driver ?? null,
      cards: members.map((card) => ({
        device: card.device,
        address: card.address,
        files: filesOf(card, machine),
      })),
    });
  }
  return [...groups.values()];
}

/** The facts, with the cards that `CUDA_VISIBLE_DEVICES` leaves. */
interface Seen extends MachineFacts {
  readonly visible: VisibleCards;
}

interface Around {
  readonly machine: Seen;
  readonly matching: Matching;
  readonly named: readonly CardName[];
  readonly platform: string;
  readonly pins: TwinPins;
}

function useOf(
  card: SeenCard,
  facts: CardFacts,
  { machine, matching, named, platform, pins }: Around,
): CardUse {
  const own = named.find(({ device }) => device === card.device);
  const twins =
    own === undefined
      ? []
      : named.filter((other) => other !== own && modelKey(other) === modelKey(own));
  const adapter = matching.cards.get(card.device)?.adapter ?? null;
  const single = (matching.cards.get(card.device)?.group.length ?? 0) <= 1;
  const pinned = pins.get(card.device);
  const pin = adapter === null ? null : single ? 'name' : (pinned?.way ?? 'shared');
  const excluded = isExcluded(card, machine);
  const twinExcluded = twins.some((twin) => isExcluded(twin, machine));
  const leftOut = excluded
    ? LEFT_OUT.card
    : pin === 'shared' && twinExcluded
      ? LEFT_OUT.twin
      : null;
  const noWebgpu =
    leftOut ??
    (adapter === null ? webgpuObstacle(facts, adapterFacts(card, machine, matching)) : null);
  const noCuda = excluded ? LEFT_OUT.card : cudaObstacle(facts, machine.tensorflow, platform);
  return {
    memoryBytes: card.memoryBytes,
    partitions: [...partitionsOf(card, machine)],
    twins: twins.map(({ device }) => device),
    adapter,
    pin,
    pinFailed: adapter === null || single ? [] : [...(pinned?.failed ?? [])],
    deviceFiles: filesOf(card, machine),
    executors: [
      noWebgpu === null
        ? { name: 'webgpu', usable: true, label: `webgpu:${adapter ?? ''}` }
        : unusable('webgpu', noWebgpu),
      cuda(card, noCuda, machine),
    ],
  };
}

function cuda(
  { model }: SeenCard,
  obstacle: Obstacle | null,
  { tensorflow }: MachineFacts,
): DeviceExecutor {
  if (obstacle !== null || tensorflow.state !== 'works')
    return unusable('tensorflow', obstacle ?? { reason: 'not installed', remedy: null });
  return {
    name: 'tensorflow',
    usable: true,
    label: `tensorflow:${tensorflow.version}:${model ?? 'cuda'}`,
  };
}

function unusable(name: string, { reason, remedy }: Obstacle): DeviceExecutor {
  return { name, usable: false, reason, remedy };
}

function factsOf(card: SeenCard, machine: Seen, nvidiaReports: boolean): CardFacts {
  const { vendor, driver, uuid, address, silence } = card;
  const access = address === null ? null : (machine.access.get(address) ?? null);
  return {
    vendor,
    driver,
    uuid,
    partitioned: partitionsOf(card, machine).length > 0,
    access,
    hidden:
      vendor === 'NVIDIA' &&
      uuid === null &&
      nvidiaReports &&
      (access === null || access.kernelDriver === 'nvidia'),
    silence,
  };
}

function nameOf({ device, vendor, model, address }: SeenCard, machine: MachineFacts): CardName {
  const pciId = address === null ? null : (machine.access.get(address)?.pciId ?? null);
  return { device, vendor, model, pciId };
}

function filesOf({ address }: SeenCard, { access }: MachineFacts): string[] {
  return address === null ? [] : [...(access.get(address)?.files ?? [])];
}

function partitionsOf({ device, uuid }: SeenCard, machine: Seen): readonly Partition[] {
  const { visible, partitions } = machine;
  return visible.get(device) ?? (uuid === null ? [] : (partitions.get(uuid) ?? []));
}

function isExcluded(
  { vendor, device }: Pick<SeenCard, 'vendor' | 'device'>,
  { visible }: Seen,
): boolean {
  return vendor === 'NVIDIA' && !visible.has(device);
}

/** Adds which cards are visible. */
function seen(cards: readonly SeenCard[], machine: MachineFacts): Seen {
  const nvidia = cards
    .filter(({ vendor }) => vendor === 'NVIDIA')
    .map(({ device, uuid }) => ({
      device,
      uuid,
      partitions: uuid === null ? [] : (machine.partitions.get(uuid) ?? []),
    }));
  return { ...machine, visible: visibleCards(machine.visibleDevices, nvidia) };
}

function adapterFacts(
  { vendor }: SeenCard,
  { adapters: { adapters, reason, remedy } }: MachineFacts,
  { unmatched }: Matching,
): AdapterFacts {
  const names = (software: boolean): string[] => [
    ...new Set(unmatched.filter((each) => each.software === software).map(({ name }) => name)),
  ];
  return {
    reason: adapters.length > 0 ? null : (reason ?? null),
    remedy: remedy ?? null,
    software: names(true),
    unassigned: names(false).filter((name) => vendorOfName(name) === vendor),
  };
}
