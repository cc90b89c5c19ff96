/**
 * Merges the graphics cards that the PCI bus, the inventory and the drivers report into one list. A
 * card keeps its name, `gpu/0` and so on in bus order, for the lifetime of the process.
 */
import { at } from '../../../core/at.ts';
import type { Gpu } from '../machine.ts';
import { pciAddress, unknownFigures } from './card.ts';
import type { Card } from './card.ts';
import type { PciCard } from './pci-cards.ts';

export interface NamedCard extends Card {
  /** `gpu/0`. */
  readonly device: string;
  /** Memory that the inventory reports, in bytes; null: unknown. */
  readonly memoryBytes: number | null;
  readonly powerDefault: number | null;
}

/** Vendors of devices that only display a console: server boards and virtual machines. */
const NO_COMPUTE =
  /aspeed|matrox|cirrus|virtio|red hat|qemu|bochs|vmware|virtualbox|innotek|microsoft|parallels|citrix|displaylink/i;

interface Known {
  address: string | null;
  uuid: string | null;
  vendor: string;
  model: string | null;
  driver: string | null;
  memoryBytes: number | null;
  powerDefault: number | null;
  /** True if it is there; null: it is not on a bus that is watched. */
  onBus: boolean | null;
}

const MEBI = 2 ** 20;

export class Cards {
  readonly #known: Known[];

  constructor(bus: readonly PciCard[], inventory: readonly Gpu[]) {
    const cards = bus.map((card) => fromBus(card));
    for (const { vendor, model, driver, vram, busAddress } of inventory) {
      const address = busAddress === null ? null : pciAddress(busAddress);
      const there = cards.find((card) => address !== null && card.address === address);
      const memoryBytes = vram === null ? null : vram * MEBI;
      if (there?.model === null) Object.assign(there, { model, driver, memoryBytes });
      else if (!NO_COMPUTE.test(`${vendor} ${model}`)) {
        // For two equal cards Windows reports the same address twice: the second card's is unknown.
        cards.push({
          address: there === undefined ? address : null,
          uuid: null,
          vendor: short(vendor),
          model,
          driver,
          memoryBytes,
          powerDefault: null,
          onBus: null,
        });
      }
    }
    // Cards without an address stay last, in the order in which they were reported.
    const place = ({ address }: Known): string => address ?? 'none';
    this.#known = cards.sort((a, b) => (place(a) < place(b) ? -1 : Number(place(a) > place(b))));
  }

  /**
   * Updates the cards that are on the bus: new ones get the next names, absent ones are no longer
   * listed and keep their names for their return.
   * @returns whether anything changed
   */
  update(bus: readonly PciCard[]): boolean {
    let changed = false;
    for (const known of this.#known) {
      if (known.onBus === null) continue;
      const there = bus.some(({ address }) => address === known.address);
      changed ||= there !== known.onBus;
      known.onBus = there;
    }
    for (const card of bus) {
      const known = this.#known.find(({ address }) => address === card.address);
      if (known === undefined) this.#known.push(fromBus(card));
      else known.onBus = true;
      changed ||= known === undefined;
    }
    return changed;
  }

  /**
   * @param reported cards that drivers report now
   * @param silence returns the reason why a vendor's driver reports no cards
   */
  now(reported: readonly Card[], silence: (vendor: string) => string): readonly NamedCard[] {
    const figures = new Map(reported.map((card) => [this.#match(card), card]));
    return this.#known.flatMap(({ onBus, ...known }, i): NamedCard[] =>
      onBus === false
        ? []
        : [
            {
              ...known,
              device: `gpu/${i}`,
              figures:
                figures.get(at(this.#known, i))?.figures ?? unknownFigures(silence(known.vendor)),
            },
          ],
    );
  }

  #match(card: Card): Known {
    const is = (test: (known: Known) => boolean): Known | undefined => this.#known.find(test);
    const known =
      (card.uuid === null ? undefined : is(({ uuid }) => uuid === card.uuid)) ??
      (card.address === null ? undefined : is(({ address }) => address === card.address)) ??
      is(
        ({ vendor, address, uuid }) => vendor === card.vendor && address === null && uuid === null,
      ) ??
      this.#add(card);
    known.address ??= card.address;
    known.uuid ??= card.uuid;
    known.model = card.model ?? known.model;
    known.driver = card.driver ?? known.driver;
    known.powerDefault = card.powerDefault ?? known.powerDefault;
    return known;
  }

  #add({ vendor }: Card): Known {
    const known: Known = {
      address: null,
      uuid: null,
      vendor,
      model: null,
      driver: null,
      memoryBytes: null,
      powerDefault: null,
      onBus: null,
    };
    this.#known.push(known);
    return known;
  }
}

function fromBus({ address, vendor }: PciCard): Known {
  return {
    address,
    uuid: null,
    vendor,
    model: null,
    driver: null,
    memoryBytes: null,
    powerDefault: null,
    onBus: true,
  };
}

function short(vendor: string): string {
  if (/nvidia/i.test(vendor)) return 'NVIDIA';
  if (/\bamd\b|advanced micro devices|\bati\b/i.test(vendor)) return 'AMD';
  if (/intel/i.test(vendor)) return 'Intel';
  return vendor;
}
