/** Carries out what the owner of this machine wants of its running node, until it has left. */
import { writeCourtesy } from '../../node/courtesy/settings.ts';
import type { LanFolder } from '../../node/keys/lan-folder.ts';
import type { LinkEnd } from '../../node/link/link.ts';
import type { RunningNode } from '../../node/start-node.ts';
import type { NodeLimits } from '../../protocol/node-messages.ts';
import type { NodeDisplay } from '../display/node-display.ts';
import { onOutputLost } from '../process/lost-output.ts';
import type { ParentOrders } from './parent-orders.ts';
import type { ShownNode } from './shown-node.ts';

/** Milliseconds between two updates of the progress. */
const PROGRESS_MS = 1_000;
const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

export interface Attended {
  readonly node: RunningNode;
  readonly shown: ShownNode;
  readonly display: NodeDisplay;
  /** Of the app that started this process; null: a terminal or the system did. */
  readonly orders: ParentOrders | null;
  /** Folder that keeps the owner's limits; null: they are not kept. */
  readonly folder: LanFolder | null;
  /** Time that running trials have to finish when the node is told to leave, in milliseconds. */
  readonly graceMs: number;
}

/** A signal makes the node leave, a second one at once. @returns why the node has left */
export async function attendNode(attended: Attended): Promise<LinkEnd> {
  const { node, shown, display, orders, folder, graceMs } = attended;
  const limit = async (limits: NodeLimits): Promise<void> => {
    try {
      await node.limit(limits);
      if (folder !== null) writeCourtesy(folder, limits);
    } catch (error) {
      shown.warn(error instanceof Error ? error.message : String(error));
    }
  };
  let asked = false;
  const leave = (): void => {
    if (asked) {
      void node.close();
      return;
    }
    asked = true;
    if (shown.running > 0) display({ event: 'draining', graceMs });
    void node.drain(graceMs);
  };
  const ticking = setInterval(() => {
    const rttMs = node.link.isUp ? (node.link.clock?.rttMs ?? null) : null;
    display({ event: 'progress', ...node.trials, rttMs });
  }, PROGRESS_MS);
  for (const signal of SIGNALS) process.on(signal, leave);
  orders?.take((order) => {
    if (order.order === 'limits') void limit(order.limits);
    else if (order.order === 'asleep') node.asleep(order.now);
    else if (order.order === 'leave') void node.close();
  });
  orders?.onGone(leave);
  // The node goes on when the reader of its output has exited.
  onOutputLost(() => undefined);
  try {
    const why = await shown.left;
    await node.close();
    display({ event: 'left', reason: why.why, detail: why.why === 'version' ? why.text : null });
    return why;
  } finally {
    clearInterval(ticking);
    for (const signal of SIGNALS) process.off(signal, leave);
  }
}
