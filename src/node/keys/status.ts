/**
 * State of the nodes as the process that shares a lab knows it, in `status.json`, for commands
 * beside it. The status of a process that has ended does not count.
 *
 * The process and the command may be of different releases. So `pid`, `nodes` and the `node` of
 * each keep their meaning in every release; fields that a reader does not know are ignored, and a
 * field that it lacks, or whose value it does not know, is not known to it.
 */
import { z } from 'zod';
import { knownPart } from '../../protocol/known-part.ts';
import { strict } from '../../protocol/problems.ts';
import { nodeRow } from '../../protocol/window/nodes.ts';
import { isRunning } from '../../runtime/process-running.ts';
import type { LanFolder } from './lan-folder.ts';

const FILE = 'status.json';
/** Milliseconds between two writes, at least. */
const WRITE_EVERY_MS = 2_000;
/** Milliseconds between two looks at the figures that change with each pulse. */
const FIGURES_EVERY_MS = 5_000;
/** Changes of a clock's offset and of a round-trip time that are written, in ms. */
const OFFSET_MS = 500;
const RTT_MS = 20;

const count = z.int().min(0);
const status = strict({
  node: z.string(),
  presence: nodeRow.shape.presence,
  since: nodeRow.shape.since,
  mode: nodeRow.shape.mode,
  by: nodeRow.shape.by,
  left: nodeRow.shape.left,
  release: nodeRow.shape.release,
  system: z.string().nullable(),
  /** Workers that it offers. */
  slots: z.array(z.string()),
  /** Workers with a running trial. */
  busy: count,
  /** Trials that run there. */
  running: count,
  /** Workers that wait because their machine is in use. */
  waiting: count,
  held: nodeRow.shape.held,
  hoursFrom: nodeRow.shape.hoursFrom,
  limits: nodeRow.shape.limits,
  rttMs: nodeRow.shape.rttMs,
  offsetMs: nodeRow.shape.offsetMs,
  datasets: nodeRow.shape.datasets,
  refusals: nodeRow.shape.refusals,
  packages: nodeRow.shape.packages,
});
export type NodeStatus = Readonly<z.output<typeof status>>;

/**
 * A status as another release may have written it: of a field that is not known, null or no items.
 */
export type ReadNodeStatus = {
  readonly [Name in keyof NodeStatus]: NodeStatus[Name] extends string | readonly unknown[]
    ? Name extends 'presence' | 'mode'
      ? NodeStatus[Name] | null
      : NodeStatus[Name]
    : NodeStatus[Name] | null;
};

/** In every release. */
const file = z.object({
  pid: z.int().min(1),
  nodes: z.array(z.record(z.string(), z.unknown())),
});

/** Null: no process of this user shares a lab now. */
export function readStatus(folder: LanFolder): readonly ReadNodeStatus[] | null {
  const found = folder.read(FILE, file);
  return found !== null && isRunning(found.pid) ? found.nodes.flatMap(readNode) : null;
}

function readNode(fields: Readonly<Record<string, unknown>>): ReadNodeStatus[] {
  const { node } = fields;
  if (typeof node !== 'string') return [];
  const { shape } = status;
  const of = <Schema extends z.ZodType>(
    name: keyof NodeStatus,
    schema: Schema,
  ): z.output<Schema> | null => knownPart(schema, fields[name]) ?? null;
  return [
    {
      node,
      presence: of('presence', shape.presence),
      since: of('since', shape.since),
      mode: of('mode', shape.mode),
      by: of('by', shape.by),
      left: of('left', shape.left),
      release: of('release', shape.release),
      system: of('system', shape.system),
      slots: of('slots', shape.slots) ?? [],
      busy: of('busy', shape.busy),
      running: of('running', shape.running),
      waiting: of('waiting', shape.waiting),
      held: of('held', shape.held),
      hoursFrom: of('hoursFrom', shape.hoursFrom),
      limits: of('limits', shape.limits),
      rttMs: of('rttMs', shape.rttMs),
      offsetMs: of('offsetMs', shape.offsetMs),
      datasets: of('datasets', shape.datasets) ?? [],
      refusals: of('refusals', shape.refusals) ?? [],
      packages: of('packages', shape.packages) ?? [],
    },
  ];
}

/**
 * Writes the status after changes, at most every two seconds. Offsets of clocks and round-trip
 * times change a little with each pulse; of these, larger changes are written, within five seconds.
 */
export class StatusFile {
  readonly #folder: LanFolder;
  readonly #read: () => readonly NodeStatus[];
  readonly #figures: NodeJS.Timeout;
  #timer: NodeJS.Timeout | null = null;
  #written: readonly NodeStatus[] | null = null;

  constructor(folder: LanFolder, read: () => readonly NodeStatus[]) {
    this.#folder = folder;
    this.#read = read;
    this.#figures = setInterval(() => this.#write(), FIGURES_EVERY_MS).unref();
    this.#write();
  }

  changed(): void {
    this.#timer ??= setTimeout(() => {
      this.#timer = null;
      this.#write();
    }, WRITE_EVERY_MS).unref();
  }

  close(): void {
    clearInterval(this.#figures);
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#folder.remove(FILE);
  }

  #write(): void {
    const nodes = this.#read();
    if (this.#written !== null && alike(this.#written, nodes)) return;
    this.#written = nodes;
    this.#folder.write(FILE, { pid: process.pid, nodes });
  }
}

/** Returns whether the lists differ at most by small changes of times. */
function alike(before: readonly NodeStatus[], after: readonly NodeStatus[]): boolean {
  return (
    textWithoutFigures(before) === textWithoutFigures(after) &&
    after.every(({ rttMs, offsetMs }, i) => {
      const former = before[i];
      return (
        isNear(former?.rttMs ?? null, rttMs, RTT_MS) &&
        isNear(former?.offsetMs ?? null, offsetMs, OFFSET_MS)
      );
    })
  );
}

function textWithoutFigures(nodes: readonly NodeStatus[]): string {
  return JSON.stringify(nodes, (key, value: unknown) =>
    key === 'rttMs' || key === 'offsetMs' ? undefined : value,
  );
}

function isNear(a: number | null, b: number | null, ms: number): boolean {
  return a === null || b === null ? a === b : Math.abs(a - b) < ms;
}
