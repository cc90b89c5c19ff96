/**
 * Orders of the app that started this node process, over Node's IPC channel. Null for a process
 * that a terminal or the system started.
 */
import { nodeOrder } from '../../protocol/node-orders.ts';
import type { NodeOrder } from '../../protocol/node-orders.ts';
import { check } from '../../protocol/problems.ts';

export interface ParentOrders {
  /** Calls back for each order, those that arrived before included. */
  take(listener: (order: NodeOrder) => void): void;
  /** Resolves with the person's answer about the digits. */
  agreed(): Promise<boolean>;
  /** Calls back when the parent has ended. */
  onGone(listener: () => void): void;
}

export function parentOrders(): ParentOrders | null {
  if (process.send === undefined) return null;
  const early: NodeOrder[] = [];
  const listeners: ((order: NodeOrder) => void)[] = [(order) => early.push(order)];
  process.on('message', (message) => {
    const order = check(nodeOrder, message);
    // The parent is of the same release, so that an unknown order is none of its.
    if (!order.ok) return;
    for (const listener of listeners) listener(order.value);
  });
  // The process ends with its work, whether its parent lives or not.
  process.channel?.unref();
  const take = (listener: (order: NodeOrder) => void): void => {
    for (const order of early) listener(order);
    listeners.push(listener);
  };
  return {
    take,
    agreed: () =>
      new Promise((resolve) =>
        take((order) => {
          if (order.order === 'agree') resolve(order.yes);
        }),
      ),
    onGone: (listener) => void process.once('disconnect', listener),
  };
}
