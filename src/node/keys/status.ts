/**
 * What the process that shares a lab knows of its nodes, in `status.json`, for commands beside it.
 * The status of a process that has ended does not count.
 */
import { z } from 'zod';
import { strict } from '../../protocol/problems.ts';
import { nodeRow } from '../../protocol/window/nodes.ts';
import { isRunning } from '../../runtime/process-running.ts';
import type { LanFolder } from './lan-folder.ts';

const FILE = 'status.json';
/** Milliseconds between two writes, at least. */
const WRITE_EVERY_MS = 2_000;

const count = z.int().min(0);
const status = strict({
  node: z.string(),
  presence: nodeRow.shape.presence,
  mode: nodeRow.shape.mode,
  by: nodeRow.shape.by,
  left: nodeRow.shape.left,
  release: nodeRow.shape.release,
  system: z.string().nullable(),
  /** Workers that it offers. */
  slots: z.array(z.string()),
  /** Trials that run there. */
  running: count,
  rttMs: nodeRow.shape.rttMs,
  offsetMs: nodeRow.shape.offsetMs,
  datasets: nodeRow.shape.datasets,
  refusals: nodeRow.shape.refusals,
});
export type NodeStatus = Readonly<z.output<typeof status>>;

const schema = strict({ pid: z.int().min(1), nodes: z.array(status) });

/** Null: no process of this user shares a lab now. */
export function readStatus(folder: LanFolder): readonly NodeStatus[] | null {
  const found = folder.read(FILE, schema);
  return found !== null && isRunning(found.pid) ? found.nodes : null;
}

/** Writes the status after changes, at most every two seconds. */
export class StatusFile {
  readonly #folder: LanFolder;
  readonly #read: () => readonly NodeStatus[];
  #timer: NodeJS.Timeout | null = null;
  #written = '';

  constructor(folder: LanFolder, read: () => readonly NodeStatus[]) {
    this.#folder = folder;
    this.#read = read;
    this.#write();
  }

  changed(): void {
    this.#timer ??= setTimeout(() => {
      this.#timer = null;
      this.#write();
    }, WRITE_EVERY_MS).unref();
  }

  close(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#folder.remove(FILE);
  }

  #write(): void {
    const nodes = this.#read();
    // Figures that change with each pulse are written along with other changes only.
    const text = JSON.stringify(nodes, (key, value: unknown) =>
      key === 'rttMs' || key === 'offsetMs' ? undefined : value,
    );
    if (text === this.#written) return;
    this.#written = text;
    this.#folder.write(FILE, { pid: process.pid, nodes });
  }
}
