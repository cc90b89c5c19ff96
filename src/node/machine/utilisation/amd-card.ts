/** Figures of an AMD card from the files of Linux's amdgpu driver in `/sys`. */
import { readFile, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Card, CardFigures } from './card.ts';
import { unknownFigures } from './card.ts';
import { Unknown } from './figure.ts';
import type { Figure } from './figure.ts';
import { KeptFile } from './kept-file.ts';
import type { PciCard } from './pci-cards.ts';

const MILLI = 1e-3;
const MICRO = 1e-6;

interface Files {
  readonly load: KeptFile;
  readonly memoryBytes: KeptFile;
  readonly memoryTotalBytes: KeptFile;
  /** Null: the driver has no sensors. */
  readonly monitor: {
    readonly temperature: KeptFile;
    readonly powers: readonly KeptFile[];
    readonly powerLimit: KeptFile;
  } | null;
}

export class AmdCard {
  readonly #card: PciCard;
  readonly #asleep: KeptFile;
  #files: Promise<Files> | null = null;
  #model: Promise<string | null> | null = null;

  constructor(card: PciCard) {
    this.#card = card;
    this.#asleep = new KeptFile(join(card.folder, 'power/runtime_status'));
  }

  get address(): string {
    return this.#card.address;
  }

  async read(): Promise<Card> {
    const { address, folder } = this.#card;
    const model = await (this.#model ??= readFile(join(folder, 'product_name'), 'utf8').then(
      (text) => (text.trim() === '' ? null : text.trim()),
      () => null,
    ));
    return {
      address,
      uuid: null,
      vendor: 'AMD',
      model,
      driver: 'amdgpu',
      figures: await this.#figures(),
    };
  }

  async close(): Promise<void> {
    await this.#asleep.close();
    const files = await this.#files;
    if (files === null) return;
    const { load, memoryBytes, memoryTotalBytes, monitor } = files;
    const monitored =
      monitor === null ? [] : [monitor.temperature, ...monitor.powers, monitor.powerLimit];
    for (const file of [load, memoryBytes, memoryTotalBytes, ...monitored]) await file.close();
  }

  async #figures(): Promise<CardFigures> {
    // Reading its figures would wake the card.
    const status = await this.#asleep.read().catch(() => '');
    if (status.trim() === 'suspended') return unknownFigures('the card is asleep');
    const { load, memoryBytes, memoryTotalBytes, monitor } = await (this.#files ??= filesOf(
      this.#card.folder,
    ));
    const none = new Unknown(`the driver has no monitor in ${this.#card.folder}`);
    const figures = await Promise.all([
      load.number(),
      memoryBytes.number(),
      memoryTotalBytes.number(),
      monitor?.temperature.number(MILLI) ?? none,
      monitor === null ? none : firstKnown(monitor.powers),
      monitor?.powerLimit.number(MICRO) ?? none,
    ]);
    const [loadNow, memory, total, temperature, power, powerLimit] = figures;
    return {
      load: loadNow,
      memoryBytes: memory,
      memoryTotalBytes: total,
      temperature,
      power,
      powerLimit,
    };
  }
}

async function filesOf(folder: string): Promise<Files> {
  const [name] = (await readdir(join(folder, 'hwmon')).catch(() => [])).sort();
  const monitor = name === undefined ? null : join(folder, 'hwmon', name);
  return {
    load: new KeptFile(join(folder, 'gpu_busy_percent')),
    memoryBytes: new KeptFile(join(folder, 'mem_info_vram_used')),
    memoryTotalBytes: new KeptFile(join(folder, 'mem_info_vram_total')),
    monitor:
      monitor === null
        ? null
        : {
            temperature: new KeptFile(join(monitor, 'temp1_input')),
            // Older chips report an average, newer ones the current power.
            powers: ['power1_average', 'power1_input'].map(
              (file) => new KeptFile(join(monitor, file)),
            ),
            powerLimit: new KeptFile(join(monitor, 'power1_cap')),
          },
  };
}

async function firstKnown(files: readonly KeptFile[]): Promise<Figure> {
  let first: Figure | null = null;
  for (const file of files) {
    const figure = await file.number(MICRO);
    if (typeof figure === 'number') return figure;
    first ??= figure;
  }
  return first ?? new Unknown('the driver tells no power');
}
