/**
 * The machine of the window: what its samples tell of workers and energy, its devices, and the
 * cards that get workers.
 */
import { EnergyMeter } from '../node/machine/energy-meter.ts';
import { watchUtilisation } from '../node/machine/utilisation.ts';
import type { Utilisation } from '../node/machine/utilisation.ts';
import type { StartableDevice } from '../node/devices/pin.ts';
import { watchDevices } from '../node/devices/watch-devices.ts';
import type { DeviceWatch } from '../node/devices/watch-devices.ts';
import { findCards, isWithoutCards } from '../studies/find-cards.ts';
import { watchThisMachine } from '../studies/this-machine.ts';
import type { ApplicationOptions } from './application.ts';
import { WORKERS_LATER_MS } from './current-lab.ts';
import { Changes } from './feeds/changes.ts';

export type OwnMachineOptions = Pick<
  ApplicationOptions,
  'userFolder' | 'worker' | 'machine' | 'cards'
>;

export class OwnMachine {
  /** Cards that get a worker each; known some time after {@link watch}. */
  readonly cards: Promise<readonly StartableDevice[]>;
  /** Notifies of each sample, and of changes of the devices. */
  readonly changes = new Changes();
  readonly #options: OwnMachineOptions;
  readonly #meter = new EnergyMeter();
  #resolveCards: (cards: Promise<readonly StartableDevice[]>) => void = () => undefined;
  #foundCards: readonly StartableDevice[] = [];
  #memory: ReadonlyMap<number, number> = new Map();

  constructor(options: OwnMachineOptions) {
    this.#options = options;
    this.cards = new Promise((resolve) => (this.#resolveCards = resolve));
    void this.cards.then((found) => (this.#foundCards = found));
  }

  /** The cards as far as they are known. */
  get foundCards(): readonly StartableDevice[] {
    return this.#foundCards;
  }

  /** Latest resident memory of workers in bytes, by process id. */
  get memory(): ReadonlyMap<number, number> {
    return this.#memory;
  }

  /** Energy that a device drew between two times, in joules; null: unknown. */
  energyBetween(device: string, from: number, to: number): number | null {
    return this.#meter.between(device, from, to);
  }

  /** Begins to sample and to look for cards. @param onSample called before listeners are */
  async watch(
    workerPids: () => readonly number[],
    onSample: () => void,
  ): Promise<{ utilisation: Utilisation; devices: DeviceWatch }> {
    const { userFolder, worker, machine, cards } = this.#options;
    const utilisation = watchUtilisation({
      node: 'local',
      workerPids,
      onSample: (sample) => {
        this.#meter.add(sample);
        this.#memory = new Map(
          sample.workers.flatMap(({ pid, memoryBytes }) =>
            memoryBytes === null ? [] : [[pid, memoryBytes] as const],
          ),
        );
        onSample();
        this.changes.notify();
      },
      // Cards get workers at once. Otherwise the window that is opening comes first.
      inventoryAfterMs: (await isWithoutCards()) ? WORKERS_LATER_MS : 0,
      ...(worker?.execPath === undefined ? {} : { execPath: worker.execPath }),
      ...(machine === undefined ? {} : { sources: machine.sources }),
    });
    const own = { userFolder, env: process.env, execPath: worker?.execPath };
    const watching = { utilisation, onChange: () => this.changes.notify() };
    const devices =
      machine === undefined
        ? watchThisMachine({ ...own, ...watching })
        : watchDevices({ ...machine, ...machine.sources, ...watching });
    this.#resolveCards(
      cards === undefined
        ? findCards(machine === undefined ? { ...own, devices } : own)
        : Promise.resolve(cards),
    );
    return { utilisation, devices };
  }
}
