/**
 * Load of this machine's devices by processes that are not this program's: of all cores, and of
 * each card. A load that a system does not tell is unknown, with the reason.
 */
import { systemTimer } from '../../runtime/timer.ts';
import { Unknown } from '../machine/utilisation/figure.ts';
import type { Figure } from '../machine/utilisation/figure.ts';
import { AmdForeignLoad } from './amd-foreign-load.ts';
import { askSystem, startSystem } from './commands.ts';
import { CpuForeignLoad } from './cpu-foreign-load.ts';
import type { ForeignLoadParts, ForeignLoadSource, JudgedCard } from './foreign-load-source.ts';
import { NvidiaForeignLoad } from './nvidia-foreign-load.ts';
import { WindowsForeignLoad } from './windows-foreign-load.ts';

export interface ForeignLoads {
  /** Returns per cent by id of the device. Never rejects. */
  read(): Promise<ReadonlyMap<string, Figure>>;
  stop(): void;
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
