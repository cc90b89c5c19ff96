/** Admission by digits in a terminal: shows them, asks the person, and waits for the host. */
import { GalapagosError } from '../../core/errors.ts';
import type { Failure } from '../../node/pairing/conversation.ts';
import type { Admission, JoinParts } from '../../node/pairing/join-parts.ts';
import type { LineConnection } from '../../transport/door/line-connection.ts';
import { NodePairing } from '../../node/pairing/node-pairing.ts';
import type { NodeDisplay } from '../display/node-display.ts';
import type { Context } from '../process/context.ts';
import type { ParentOrders } from './parent-orders.ts';

/** @throws GalapagosError `not-admitted` */
export function confirmDigits(
  connection: LineConnection,
  parts: JoinParts,
  { streams }: Context,
  display: NodeDisplay,
  orders: ParentOrders | null,
): Promise<Admission> {
  return new Promise((resolve, reject) => {
    const pairing = new NodePairing(connection, parts, {
      shown: ({ digits, host }) => {
        display({ event: 'digits', host: host.name, digits });
        const answer = orders === null ? answered(streams.stdin) : orders.agreed();
        void answer.then((yes) => {
          pairing.agree(yes);
          if (yes) display({ event: 'waiting', host: host.name });
        });
      },
      admitted: resolve,
      failed: (failure) => {
        display({ event: 'notAdmitted', reason: failure.reason });
        reject(refusal(failure));
      },
    });
  });
}

/** Returns whether the next line says yes. */
async function answered(stdin: AsyncIterable<Uint8Array | string>): Promise<boolean> {
  process.stderr.write('Type yes to join, anything else to stop: ');
  let text = '';
  for await (const chunk of stdin) {
    text += Buffer.from(chunk).toString();
    if (text.includes('\n')) break;
  }
  return /^\s*y(es)?\s*$/i.test(text.split('\n')[0] ?? '');
}

const WHY: Readonly<Record<Failure['reason'], string>> = {
  refused: 'one of the two people said no, or the host refuses this machine',
  mismatch: 'the digits differed: another machine may be between the two. Nothing was shared',
  busy: 'the host is pairing another machine, or this one failed too often: try again in a minute',
  version: 'the host speaks another version: install the same release of Galapagos on both',
  timeout: 'no answer in time: both people have 120 s to say yes',
  protocol:
    'the other side sent an unexpected message; check that a lab is shared at that address and port',
  gone: 'the host closed the connection',
};

function refusal({ reason, detail }: Failure): GalapagosError {
  return new GalapagosError('not-admitted', `not joined: ${WHY[reason]} (${detail})`, { reason });
}
