/**
 * This machine's devices and the worker processes on them. The scheduler decides which slot needs a
 * process, and when.
 */
import type { Coordinator, WorkerHost } from '../coordinator/coordinator.ts';
import { THIS_NODE, parseSlot, slotsOf } from '../core/device.ts';
import type { Device } from '../core/device.ts';
import { CPU_PIN } from '../node/devices/pin.ts';
import type { StartableDevice } from '../node/devices/pin.ts';
import { memoryLimitBytes, workerCount } from '../node/workers/slots.ts';
import { WorkerProcesses } from '../node/workers/worker-processes.ts';
import type { WorkerProcessesOptions } from '../node/workers/worker-processes.ts';
import { availableCores } from '../runtime/confinement.ts';
import type { LocalCourtesy } from './local-courtesy.ts';
import type { WorkerProgram } from './worker-program.ts';

/** Milliseconds that workers have to exit by themselves when the lab closes. */
const CLOSE_GRACE_MS = 500;

export interface WorkersWanted {
  /**
   * CPU workers, 0 for none; null: one for each core that no card's worker needs. Within this
   * machine's limits.
   */
  readonly count: number | null;
  /** Cards, which get a worker each. Default: none. */
  readonly cards?: readonly StartableDevice[];
  /** Milliseconds after which processes start if no study runs; they start as soon as one does. */
  readonly laterMs?: number;
}

export interface LocalWorkersParts extends Pick<
  WorkerProcessesOptions,
  'controlEndpoint' | 'token' | 'resources' | 'userFolder' | 'onExit'
> {
  readonly program: WorkerProgram;
  /** This machine's processor. */
  readonly cpu: Device;
  readonly courtesy: Pick<LocalCourtesy, 'start' | 'started'>;
}

export class LocalWorkers implements WorkerHost {
  readonly #parts: LocalWorkersParts;
  #devices: readonly Device[];
  #lanes: number;
  #processes: WorkerProcesses | null = null;

  constructor(parts: LocalWorkersParts) {
    this.#parts = parts;
    this.#devices = [parts.cpu];
    this.#lanes = parts.cpu.lanes;
  }

  get running(): WorkerProcesses['running'] {
    return this.#processes?.running ?? [];
  }

  /** Most trials that one of the devices evaluates at once. */
  get lanes(): number {
    return this.#lanes;
  }

  /** Model of the slot's device; empty: unknown. */
  modelOf(slot: string): string {
    return this.#devices.find(({ id }) => id === parseSlot(slot).device)?.name ?? '';
  }

  /** Offers this machine's slots to the scheduler. @returns the slots */
  start(
    { count, cards = [], laterMs = 0 }: WorkersWanted,
    coordinator: Pick<Coordinator, 'lab' | 'offerSlots'>,
  ): readonly string[] {
    const { program, cpu, courtesy, ...settings } = this.#parts;
    const cpus = workerCount(count ?? Math.max(1, availableCores() - cards.length)).workers;
    const slots = [
      ...(count === 0 ? [] : slotsOf(THIS_NODE, cpu, cpus)),
      ...cards.flatMap((card) => slotsOf(THIS_NODE, card.device, 1)),
    ];
    this.#devices = [cpu, ...cards.map((card) => card.device)];
    this.#lanes = Math.max(this.#lanes, ...cards.map((card) => card.device.lanes));
    const processes = new WorkerProcesses({
      ...program,
      ...settings,
      devices: this.#devices,
      pinOf: ({ id }) => cards.find((card) => card.device.id === id) ?? CPU_PIN,
      memoryLimitBytes: memoryLimitBytes(slots.length),
      threads: Math.max(1, Math.floor(availableCores() / Math.max(1, slots.length))),
    });
    this.#processes = processes;
    const runs = [...coordinator.lab.studies.values()].some(({ state }) => state === 'running');
    if (laterMs > 0 && !runs) processes.holdStarts(laterMs);
    coordinator.offerSlots(slots);
    courtesy.start(slots, cards, processes);
    return slots;
  }

  /** Starts processes that wait for a study. */
  startNow(): void {
    this.#processes?.startNow();
  }

  spawn(slot: string, incarnation: string, afterMs: number): void {
    this.#processes?.spawn(slot, incarnation, afterMs);
    this.#parts.courtesy.started();
  }

  kill(slot: string, incarnation: string, afterMs: number): void {
    this.#processes?.kill(slot, incarnation, afterMs);
  }

  async close(): Promise<void> {
    await this.#processes?.close(CLOSE_GRACE_MS);
  }
}
