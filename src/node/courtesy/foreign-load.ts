/**
 * Load of this machine's devices by processes that are not this program's: of all cores, and of
 * each card. A load that a system does not tell is unknown, with the reason.
 */
import { systemTimer } from '../../runtime/timer.ts';
import type { Timer } from '../../runtime/timer.ts';
import { Unknown } from '../machine/utilisation/figure.ts';
import type { Figure } from '../machine/utilisation/figure.ts';
import type { StartSmi } from '../machine/utilisation/nvidia-smi.ts';
import { AmdForeignLoad } from './amd-foreign-load.ts';
import { askSystem, startSystem } from './commands.ts';
import type { Ask } from './commands.ts';
import { CpuForeignLoad } from './cpu-foreign-load.ts';
import { NvidiaForeignLoad } from './nvidia-foreign-load.ts';
import { WindowsForeignLoad } from './windows-foreign-load.ts';

/** A card, as far as its load is told apart by it. */
export interface JudgedCard {
  /** Id of the device. */
  readonly device: string;
  readonly vendor: string;
  /** NVIDIA's unique id. */
  readonly uuid: string | null;
  /** PCI address, `0000:41:00.0`. */
  readonly address: string | null;
}

export interface ForeignLoadParts {
  readonly platform: NodeJS.Platform;
  readonly ask: Ask;
  readonly start: StartSmi;
  readonly timer: Timer;
  readonly proc: string;
  readonly sys: string;
  /** Process ids of this program, each the leader of a group or a member of one. */
  readonly ownPids: () => readonly number[];
}

export interface ForeignLoads {
  /** Returns per cent by id of the device. Never rejects. */
  read(): Promise<ReadonlyMap<string, Figure>>;
  stop(): void;
}

/** A load of one or several devices. */
export interface ForeignLoadSource {
  read(): Promise<ReadonlyMap<string, Figure>>;
  stop?(): void;
}

/** @param hasCpu whether the processor is among the judged devices */
export function foreignLoads(
  hasCpu: boolean,
  cards: readonly JudgedCard[],
  some: Partial<ForeignLoadParts> & Pick<ForeignLoadParts, 'ownPids'>,
): ForeignLoads {
  const parts: ForeignLoadParts = {
    platform: process.platform,
    ask: askSystem,
    start: startSystem,
    timer: systemTimer,
    proc: '/proc',
    sys: '/sys',
    ...some,
  };
  const sources: readonly ForeignLoadSource[] = [
    ...(hasCpu ? [new CpuForeignLoad(parts)] : []),
    ...cardSources(cards, parts),
  ];
  return {
    read: async () => {
      const all = await Promise.all(sources.map((source) => source.read()));
      return new Map(all.flatMap((loads) => [...loads]));
    },
    stop: () => {
      for (const source of sources) source.stop?.();
    },
  };
}

function cardSources(
  cards: readonly JudgedCard[],
  parts: ForeignLoadParts,
): readonly ForeignLoadSource[] {
  if (cards.length === 0) return [];
  if (parts.platform === 'win32') return [new WindowsForeignLoad(cards, parts)];
  const [nvidia, amd] = ['NVIDIA', 'AMD'].map((maker) =>
    cards.filter(({ vendor }) => vendor === maker),
  );
  const others = cards.filter(({ vendor }) => vendor !== 'NVIDIA' && vendor !== 'AMD');
  const why = (vendor: string): Unknown =>
    new Unknown(`the load of cards of ${vendor} is not told apart by process here`);
  const rest = new Map(others.map(({ device, vendor }) => [device, why(vendor)]));
  return [
    ...(nvidia === undefined || nvidia.length === 0 ? [] : [new NvidiaForeignLoad(nvidia, parts)]),
    ...(amd === undefined || amd.length === 0 ? [] : [new AmdForeignLoad(amd, parts)]),
    ...(rest.size === 0 ? [] : [{ read: () => Promise.resolve(rest) }]),
  ];
}
