/**
 * Courtesy of the machine that hosts the lab to the person who uses it: its own workers are held,
 * drained and paused as a node's are. The owner's limits are kept in the user folder.
 */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { THIS_NODE, parseSlot } from '../core/device.ts';
import type { Coordinator } from '../coordinator/coordinator.ts';
import type { Courtesy, CourtesyState } from '../node/courtesy/courtesy.ts';
import { machineCourtesy } from '../node/courtesy/machine-courtesy.ts';
import type { UseSources } from '../node/courtesy/machine-courtesy.ts';
import { COURTESY_FILE, readCourtesy, writeCourtesy } from '../node/courtesy/settings.ts';
import type { StartableDevice } from '../node/devices/pin.ts';
import { LanFolder } from '../node/keys/lan-folder.ts';
import type { WorkerProcesses } from '../node/workers/worker-processes.ts';
import { NO_LIMITS } from '../protocol/node-messages.ts';
import type { NodeLimits } from '../protocol/node-messages.ts';
import type { CoordinatorTransport } from '../transport/transport.ts';
import { excludeDevices, ownerMode } from './owner-limits.ts';

export interface LocalCourtesyParts {
  /** Absolute path of this user's folder. */
  readonly userFolder: string;
  readonly coordinator: () => Pick<Coordinator, 'node'>;
  readonly transport: Pick<CoordinatorTransport, 'sendControl'>;
  /** Replaces sources of this machine's use. */
  readonly use?: Partial<UseSources>;
}

export class LocalCourtesy {
  readonly #parts: LocalCourtesyParts;
  readonly #excluded = new Set<string>();
  #courtesy: Courtesy | null = null;
  #mode = 'open';
  /** True if slots are held as far as the scheduler knows. */
  #holds = false;

  constructor(parts: LocalCourtesyParts) {
    this.#parts = parts;
  }

  /** Null: no workers were started. */
  get state(): CourtesyState | null {
    return this.#courtesy?.state ?? null;
  }

  /**
   * The owner's limits.
   * @throws InvalidInput naming the file and the field
   */
  get limits(): NodeLimits {
    const { userFolder } = this.#parts;
    // Reading must not create the folder.
    if (!existsSync(join(userFolder, 'lan', COURTESY_FILE))) return NO_LIMITS;
    return readCourtesy(new LanFolder(userFolder));
  }

  /**
   * Sets the owner's limits and keeps them.
   * @throws GalapagosError `idle-unknown`: no source tells whether the machine is in use
   */
  async limit(limits: NodeLimits): Promise<void> {
    await this.#courtesy?.setOwner(limits);
    writeCourtesy(new LanFolder(this.#parts.userFolder), limits);
  }

  /** @throws InvalidInput naming the file and the field, where the kept limits are damaged */
  start(
    slots: readonly string[],
    cards: readonly StartableDevice[],
    workers: Pick<WorkerProcesses, 'running' | 'kill'>,
  ): void {
    const { transport, use } = this.#parts;
    const of = (slot: string) => workers.running.filter((each) => each.slot === slot);
    this.#courtesy = machineCourtesy({
      slots,
      cards,
      running: () => workers.running,
      owner: this.limits,
      hold: (slot, forMs) => {
        for (const { incarnation } of of(slot))
          transport.sendControl({ slot, incarnation }, { type: 'hold', forMs });
      },
      free: (slot) => {
        for (const { incarnation } of of(slot)) workers.kill(slot, incarnation, 0);
      },
      changed: (state) => this.#changed(slots, state),
      ...(use === undefined ? {} : { use }),
    });
  }

  /** A worker is about to start. */
  started(): void {
    this.#courtesy?.started();
  }

  close(): void {
    this.#courtesy?.close();
  }

  #changed(names: readonly string[], { limits, hoursFrom, slots: held }: CourtesyState): void {
    const coordinator = this.#parts.coordinator();
    const mode = ownerMode(THIS_NODE, limits, hoursFrom);
    const text = JSON.stringify(mode);
    // A machine whose owner never limited it needs no event.
    if (text !== this.#mode && (this.#mode !== 'open' || !text.includes('"open"')))
      coordinator.node(mode);
    this.#mode = text;
    const slots = names.map((slot) => ({ slot, device: parseSlot(slot).device }));
    for (const event of excludeDevices(slots, limits.devices, this.#excluded))
      coordinator.node(event);
    if (held.length > 0 || this.#holds)
      coordinator.node({ type: 'nodePulse', node: THIS_NODE, silent: [], held });
    this.#holds = held.length > 0;
  }
}
