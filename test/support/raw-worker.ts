import { Dealer } from 'zeromq';
import type { Push } from 'zeromq';
import { PushSocket } from '../../src/transport/push-socket.ts';
import { SendQueue } from '../../src/transport/send-queue.ts';
import { clientKeys, connectOptions } from '../../src/transport/sockets.ts';
import type { Peer } from '../../src/transport/transport.ts';
import type { ZeromqCoordinator } from '../../src/transport/zeromq.ts';

/** Sockets that send arbitrary frames. `token` null: none is presented. */
export function rawWorker(
  coordinator: ZeromqCoordinator,
  { slot, incarnation: incarnation }: Peer,
  token: string | null,
) {
  const options = { ...connectOptions, ...(token === null ? {} : clientKeys(token)) };
  const control = new Dealer({ ...options, routingId: `${slot}#${incarnation}` });
  const results = new PushSocket(options);
  control.connect(coordinator.controlEndpoint);
  results.connect(coordinator.resultsEndpoint);
  const queue = new SendQueue<Dealer | Push>((socket, frame) => socket.send(frame));
  return {
    control: (line: string) => queue.push(control, line),
    result: (line: string) => queue.push(results, line),
    close: () => [control, results].forEach((socket) => socket.close()),
  };
}
