/**
 * Orders of the app to the node process that it started, over Node's IPC channel. The process
 * reports by the lines of `galapagos node --json`.
 */
import { z } from 'zod';
import { nodeLimits } from './node-messages.ts';
import { strict } from './problems.ts';

export const nodeOrder = z.discriminatedUnion('order', [
  /** The owner's limits, from now on. */
  strict({ order: z.literal('limits'), limits: nodeLimits }),
  /** Answers whether the host shows the same digits. */
  strict({ order: z.literal('agree'), yes: z.boolean() }),
  /** The machine goes to sleep, or has woken. */
  strict({ order: z.literal('asleep'), now: z.boolean() }),
  /** Leaves at once: running trials return to the host's queue. */
  strict({ order: z.literal('leave') }),
]);
export type NodeOrder = z.output<typeof nodeOrder>;
