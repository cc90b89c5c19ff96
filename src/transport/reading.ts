/** What a coordinator's transport does with each line it reads: parse, check the sender, hand on. The same for every transport. */
import { chosenVersion, versionGoodbye } from '../protocol/worker-messages.ts';
import type { FromWorker, ResultMessage, ToWorker, VersionRange } from '../protocol/worker-messages.ts';
import { MalformedMessage, helloRange, parseFromWorker, parseResult } from '../protocol/worker-wire.ts';
import type { Malformed, Peer } from './transport.ts';

export interface Receiver {
  readonly receive: (message: FromWorker | ResultMessage) => void;
  readonly malformed: (what: Malformed) => void;
  readonly answer: (peer: Peer, message: ToWorker) => void;
}

/**
 * A line of the control channel. A message that names another sender than the channel knows is malformed; a hello of a version
 * that is not spoken here is answered, and goes no further.
 */
export function readControl(peer: Peer | null, line: string, { receive, malformed, answer }: Receiver): void {
  let message: FromWorker;
  try {
    message = parseFromWorker(line);
  } catch (error) {
    const range = helloRange(line);
    if (peer !== null && range !== null && chosenVersion(range) === null) refuseVersion(peer, range);
    else malformed({ peer, error: explained(error) });
    return;
  }
  if (peer?.slot !== message.slot || peer.spawn !== message.spawn) {
    const known = peer === null ? 'nobody known' : `${peer.slot}#${peer.spawn}`;
    malformed({ peer, error: `${message.type}: from ${known}, but it names ${message.slot}#${message.spawn}` });
  } else if (message.type === 'hello' && chosenVersion(message.v) === null) refuseVersion(peer, message.v);
  else receive(message);

  function refuseVersion(to: Peer, range: VersionRange): void {
    const goodbye = versionGoodbye(range);
    answer(to, goodbye);
    malformed({ peer: to, error: goodbye.text ?? goodbye.reason });
  }
}

/** A line of the results channel, whose sender is only what the message says. */
export function readResult(line: string, { receive, malformed }: Receiver): void {
  let message: ResultMessage;
  try {
    message = parseResult(line);
  } catch (error) {
    malformed({ peer: senderOf(error), error: explained(error) });
    return;
  }
  receive(message);
}

/** The text of a refusal to parse; anything else is thrown on. */
export function explained(error: unknown): string {
  if (error instanceof MalformedMessage) return error.message;
  throw error;
}

function senderOf(error: unknown): Peer | null {
  if (!(error instanceof MalformedMessage)) return null;
  const { slot, spawn } = error.data;
  return typeof slot === 'string' && typeof spawn === 'string' ? { slot, spawn } : null;
}
