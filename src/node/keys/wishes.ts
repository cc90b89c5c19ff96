/**
 * Modes and limits that the host's user has set for nodes, in `wishes.json`. Window and command
 * line change the file; the process that shares the lab applies it within a second. It outlasts
 * restarts of the host and of the nodes.
 */
import { z } from 'zod';
import { nodeLimits } from '../../protocol/node-messages.ts';
import { strict } from '../../protocol/problems.ts';
import type { LanFolder } from './lan-folder.ts';

const FILE = 'wishes.json';

const wish = strict({
  /** Id of the node. */
  node: z.string(),
  mode: z.enum(['open', 'paused', 'draining']),
  /** Milliseconds that running trials have to finish. */
  graceMs: z.number().min(0),
  /** Reason why the host paused it by itself, for people; absent: a person set the mode. */
  reason: z.string().exactOptional(),
  limits: nodeLimits.pick({ devices: true, hours: true, whenIdle: true }),
});
export type NodeWish = Readonly<z.output<typeof wish>>;

const schema = strict({ wishes: z.array(wish) });

/**
 * Grace of a drain that waits for running trials, in milliseconds: 20 days, below the longest timer
 * that Node has.
 */
export const DRAIN_MS = 20 * 24 * 3_600_000;
/** Grace of a pause, as of a paused study. */
export const PAUSE_MS = 5_000;

const NO_WISH = {
  mode: 'open',
  graceMs: 0,
  limits: { devices: null, hours: null, whenIdle: false },
} as const;

export class NodeWishes {
  readonly #folder: LanFolder;
  readonly #listeners = new Set<() => void>();

  constructor(folder: LanFolder) {
    this.#folder = folder;
  }

  list(): readonly NodeWish[] {
    return this.#folder.read(FILE, schema)?.wishes ?? [];
  }

  of(node: string): NodeWish {
    return this.list().find((known) => known.node === node) ?? { node, ...NO_WISH };
  }

  /** Durable when it returns. */
  set(node: string, change: Partial<Omit<NodeWish, 'node'>>): void {
    this.#folder.exclusively(() => {
      const { reason, ...before } = this.of(node);
      const kept = change.mode === undefined && reason !== undefined ? { reason } : {};
      const next = { ...before, ...kept, ...change };
      const others = this.list().filter((known) => known.node !== node);
      this.#folder.write(FILE, { wishes: [...others, next] });
    });
    for (const listener of this.#listeners) listener();
  }

  forget(node: string): void {
    this.#folder.exclusively(() => {
      const all = this.list();
      const others = all.filter((known) => known.node !== node);
      if (others.length < all.length) this.#folder.write(FILE, { wishes: others });
    });
  }

  /** Calls back after a change by this or another process. @returns a function that ends it */
  watch(changed: () => void): () => void {
    this.#listeners.add(changed);
    const end = this.#folder.watch(FILE, changed);
    return () => {
      this.#listeners.delete(changed);
      end();
    };
  }
}
