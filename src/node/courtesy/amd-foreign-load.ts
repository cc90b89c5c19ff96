/**
 * Share of AMD cards that other programs use: the load of the card without the time that this
 * program's processes spent on its engines, which the kernel tells for processes of the own user.
 */
import { readFile, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { at } from '../../core/at.ts';
import { Unknown } from '../machine/utilisation/figure.ts';
import type { Figure } from '../machine/utilisation/figure.ts';
import type { ForeignLoadParts, ForeignLoadSource, JudgedCard } from './foreign-load-source.ts';
import { OwnProcesses } from './own-processes.ts';

/** Contents of `/proc/PID/fdinfo/N` of an open card. */
export interface EngineUse {
  /** PCI address of the card. */
  readonly address: string;
  /** Number of the open file of the card, which several descriptors share. */
  readonly client: string;
  /** Nanoseconds on the graphics and the compute engine since it was opened. */
  readonly nanoseconds: number;
}

/** Null: the descriptor is of no card. */
export function parseFdinfo(text: string): EngineUse | null {
  const address = /^drm-pdev:\s*(\S+)/m.exec(text)?.[1];
  if (address === undefined) return null;
  const client = /^drm-client-id:\s*(\d+)/m.exec(text)?.[1] ?? '';
  const engines = [...text.matchAll(/^drm-engine-(?:gfx|compute):\s*(\d+) ns$/gm)];
  const nanoseconds = engines.reduce((sum, [, ns]) => sum + Number(ns), 0);
  return { address, client, nanoseconds };
}

export class AmdForeignLoad implements ForeignLoadSource {
  readonly #cards: readonly JudgedCard[];
  readonly #parts: ForeignLoadParts;
  readonly #own: OwnProcesses;
  /** Nanoseconds by card and client, at a time. */
  #before: { readonly at: number; readonly uses: ReadonlyMap<string, number> } | null = null;

  constructor(cards: readonly JudgedCard[], parts: ForeignLoadParts) {
    this.#cards = cards;
    this.#parts = parts;
    this.#own = new OwnProcesses(parts.proc, parts.timer, parts.ownPids);
  }

  async read(): Promise<ReadonlyMap<string, Figure>> {
    const before = this.#before;
    const uses = await this.#uses();
    const now = { at: this.#parts.timer.now(), uses };
    this.#before = now;
    const loads = await Promise.all(this.#cards.map(({ address }) => this.#busy(address)));
    const figureOf = (address: string | null, load: Figure): Figure => {
      if (load instanceof Unknown) return load;
      if (before === null || now.at <= before.at)
        return new Unknown('measured from the next reading on');
      let own = 0;
      for (const [key, nanoseconds] of uses)
        if (key.startsWith(`${address ?? ''} `))
          own += Math.max(0, nanoseconds - (before.uses.get(key) ?? 0));
      return Math.max(0, load - (100 * own) / (1e6 * (now.at - before.at)));
    };
    return new Map(
      this.#cards.map(({ device, address }, i) => [device, figureOf(address, at(loads, i))]),
    );
  }

  async #busy(address: string | null): Promise<Figure> {
    if (address === null) return new Unknown('the address of this card is unknown');
    const file = join(this.#parts.sys, 'bus/pci/devices', address, 'gpu_busy_percent');
    try {
      const text = await readFile(file, 'utf8');
      const load = Number(text);
      return text.trim() === '' || Number.isNaN(load)
        ? new Unknown(`${file}: expected per cent, found ${JSON.stringify(text.slice(0, 60))}`)
        : load;
    } catch (error) {
      return new Unknown(error instanceof Error ? error.message : String(error));
    }
  }

  async #uses(): Promise<ReadonlyMap<string, number>> {
    const uses = new Map<string, number>();
    for (const pid of (await this.#own.read()).keys()) {
      const folder = join(this.#parts.proc, String(pid), 'fdinfo');
      for (const name of await readdir(folder).catch(() => [])) {
        const text = await readFile(join(folder, name), 'utf8').catch(() => '');
        const use = parseFdinfo(text);
        if (use !== null) uses.set(`${use.address} ${pid} ${use.client}`, use.nanoseconds);
      }
    }
    return uses;
  }
}
