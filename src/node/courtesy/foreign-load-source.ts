/** A source of foreign load, and what it reads from. */
import type { Timer } from '../../runtime/timer.ts';
import type { Figure } from '../machine/utilisation/figure.ts';
import type { StartSmi } from '../machine/utilisation/nvidia-smi.ts';
import type { Ask } from './commands.ts';

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

/** A load of one or several devices. */
export interface ForeignLoadSource {
  read(): Promise<ReadonlyMap<string, Figure>>;
  stop?(): void;
}
