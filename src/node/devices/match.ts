/**
 * Assigns WebGPU adapters to graphics cards by their names, because adapters carry neither a bus
 * address nor a unique id. Cards of one model are twins, which names cannot tell apart. Pure.
 */
import type { Adapter } from '../../runtime/gpu/adapters.ts';
import { likeness, comparableNames, vendorOfName } from './names.ts';

/** The part of a card that identifies it. */
export interface CardName {
  /** `gpu/0`. */
  readonly device: string;
  readonly vendor: string;
  readonly model: string | null;
  /** PCI vendor and device, `0x10de:0x2330`; null: unknown. */
  readonly pciId: string | null;
}

export interface Assigned {
  readonly adapter: string;
  /** Ids of all cards that the adapter may be, this one included. */
  readonly group: readonly string[];
}

export interface Matching {
  /** By the card's id. */
  readonly cards: ReadonlyMap<string, Assigned>;
  readonly unmatched: readonly Adapter[];
}

const BACKENDS: Readonly<Partial<Record<string, string>>> = {
  linux: 'vulkan',
  win32: 'd3d12',
  darwin: 'metal',
};

/** Adapters of the system's main backend, or all of them where it has none. */
function ofMainBackend(adapters: readonly Adapter[], platform: string): readonly Adapter[] {
  const main = adapters.filter(({ backend }) => backend === BACKENDS[platform]);
  return main.length > 0 ? main : adapters;
}

export function matchAdapters(
  cards: readonly CardName[],
  adapters: readonly Adapter[],
  platform: string,
): Matching {
  const hardware = adapters.filter(({ software }) => !software);
  let names = [...new Set(ofMainBackend(hardware, platform).map(({ name }) => name))];
  let free = cards;
  const assigned = new Map<string, Assigned>();
  const fits = {
    equal: (card, name) => like(card, name) === 'equal',
    contained: (card, name) => like(card, name) !== 'none',
    // The last name of a vendor belongs to that vendor's last card, whatever either is called.
    vendor: () => true,
  } satisfies Record<string, (card: CardName, name: string) => boolean>;
  for (const fit of Object.values(fits)) {
    const candidates = new Map(
      names.map((name) => [
        name,
        free.filter((card) => card.vendor === vendorOfName(name) && fit(card, name)),
      ]),
    );
    for (const [name, group] of candidates) {
      const rivals = [...candidates].some(
        ([other, theirs]) => other !== name && theirs.some((card) => group.includes(card)),
      );
      if (group.length === 0 || rivals || new Set(group.map(modelKey)).size > 1) continue;
      const ids = group.map(({ device }) => device);
      for (const id of ids) assigned.set(id, { adapter: name, group: ids });
      names = names.filter((each) => each !== name);
      free = free.filter((card) => !group.includes(card));
    }
  }
  const used = new Set([...assigned.values()].map(({ adapter }) => adapter));
  return { cards: assigned, unmatched: adapters.filter(({ name }) => !used.has(name)) };
}

function like({ model }: CardName, name: string): ReturnType<typeof likeness> {
  return model === null ? 'none' : likeness(model, name);
}

/** Equal for cards of one model. */
export function modelKey({ device, vendor, model, pciId }: CardName): string {
  const name = model === null ? undefined : comparableNames(model)[0];
  return `${vendor} ${name ?? pciId ?? device}`;
}
