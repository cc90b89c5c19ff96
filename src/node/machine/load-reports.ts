/**
 * Tells the host what this machine contains and how busy it is. Takes no samples
 * (`utilisation.ts`).
 */
import type { NodeInventory, NodeSample } from '../../protocol/window/telemetry.ts';
import type { Timer } from '../../runtime/timer.ts';
import type { ToHost } from '../link/to-host.ts';

/** Milliseconds between two reports of the machine's load where no worker runs. */
const IDLE_LOAD_MS = 10_000;

export interface LoadReportsParts {
  readonly host: Pick<ToHost, 'isUp' | 'send'>;
  /** Returns whether a worker runs. */
  readonly works: () => boolean;
  readonly timer: Timer;
}

export class LoadReports {
  readonly #parts: LoadReportsParts;
  /** The inventory that was last sent on this link; null: none yet. */
  #told: NodeInventory | null = null;
  #sampledAt = -Infinity;

  constructor(parts: LoadReportsParts) {
    this.#parts = parts;
  }

  /** A link begins. @param inventory null: not known yet */
  connected(inventory: NodeInventory | null): void {
    this.#told = null;
    this.#tell(inventory);
  }

  /** Reports the inventory if it changed, and every sample while a worker runs. */
  sampled(sample: NodeSample, inventory: NodeInventory | null): void {
    this.#tell(inventory);
    const { host, works, timer } = this.#parts;
    const now = timer.now();
    if (!works() && now - this.#sampledAt < IDLE_LOAD_MS) return;
    this.#sampledAt = now;
    host.send({ type: 'load', sample });
  }

  #tell(inventory: NodeInventory | null): void {
    const { host } = this.#parts;
    if (inventory === null || inventory === this.#told || !host.isUp) return;
    this.#told = inventory;
    host.send({ type: 'inventory', inventory });
  }
}
