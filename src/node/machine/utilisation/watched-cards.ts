/**
 * Follows this machine's graphics cards: cards that are added or removed, and the figures of each,
 * or the reason why its driver reports none.
 */
import type { Timer } from '../../../runtime/timer.ts';
import type { Inventory } from '../machine.ts';
import { AmdCard } from './amd-card.ts';
import type { Card } from './card.ts';
import { Cards } from './cards.ts';
import type { NamedCard } from './cards.ts';
import { Unknown } from './figure.ts';
import type { NvidiaSmi } from './nvidia-smi.ts';
import { Patient } from './patient.ts';
import { pciCards } from './pci-cards.ts';
import type { PciCard } from './pci-cards.ts';

/** Milliseconds between two readings of the bus: an added card appears within 10 s. */
const BUS_EVERY_MS = 5000;

export class WatchedCards {
  readonly #timer: Timer;
  readonly #nvidia: Pick<NvidiaSmi, 'read' | 'restart'>;
  readonly #amdCards: Patient<readonly Card[]>;
  readonly #busCards: Patient<readonly PciCard[] | null>;
  #amd: readonly AmdCard[] = [];
  #cards: Cards | null = null;
  /** True if the bus can be read again. */
  #onBus = false;
  #busReadAt: number;

  /** @param sys the folder `/sys` */
  constructor(sys: string, timer: Timer, nvidia: Pick<NvidiaSmi, 'read' | 'restart'>) {
    this.#timer = timer;
    this.#nvidia = nvidia;
    this.#amdCards = new Patient(() => Promise.all(this.#amd.map((card) => card.read())), timer);
    this.#busCards = new Patient(() => pciCards(sys), timer);
    this.#busReadAt = timer.now();
  }

  /** Begins to read the cards on the bus. @param bus null: it cannot be read */
  found(bus: readonly PciCard[] | null): void {
    this.#onBus = bus !== null;
    this.#amd = amdOf(bus ?? [], []);
  }

  /** Lists the cards on the bus and those of the inventory, from now on. */
  list(bus: readonly PciCard[] | null, graphics: Inventory['graphics']): void {
    this.#cards = new Cards(bus ?? [], graphics.known ? graphics.gpus : []);
  }

  /** Reads what has to be asked for, and notices cards that were added or removed. */
  async read(withinMs: number): Promise<readonly Card[] | Unknown> {
    const [amd] = await Promise.all([this.#amdCards.within(withinMs), this.#readBus(withinMs)]);
    return amd;
  }

  /** Returns every listed card. @param amd as read last */
  now(amd: readonly Card[] | Unknown): readonly NamedCard[] {
    const { cards: nvidia, trouble } = this.#nvidia.read();
    const silence: Readonly<Record<string, string>> = {
      NVIDIA: trouble ?? 'nvidia-smi does not tell of this card',
      AMD: amd instanceof Unknown ? amd.reason : 'cards of AMD are measured on Linux only',
    };
    const reported = amd instanceof Unknown ? nvidia : [...nvidia, ...amd];
    const why = (vendor: string): string =>
      silence[vendor] ?? `cards of ${vendor} are not measured`;
    return this.#cards?.now(reported, why) ?? [];
  }

  async close(): Promise<void> {
    await Promise.all(this.#amd.map((card) => card.close()));
  }

  async #readBus(withinMs: number): Promise<void> {
    const cards = this.#cards;
    if (!this.#onBus || cards === null || this.#timer.now() - this.#busReadAt < BUS_EVERY_MS)
      return;
    this.#busReadAt = this.#timer.now();
    const bus = await this.#busCards.within(withinMs);
    if (bus instanceof Unknown || bus === null || !cards.update(bus)) return;
    const before = this.#amd;
    this.#amd = amdOf(bus, before);
    for (const card of before) if (!this.#amd.includes(card)) void card.close();
    this.#nvidia.restart();
  }
}

/** Readers of the AMD cards on the bus; those that exist already are kept. */
function amdOf(bus: readonly PciCard[], existing: readonly AmdCard[]): readonly AmdCard[] {
  return bus
    .filter(({ vendor }) => vendor === 'AMD')
    .map((card) => existing.find(({ address }) => address === card.address) ?? new AmdCard(card));
}
