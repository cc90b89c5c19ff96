/**
 * Handling of each line that a coordinator's transport reads: parse, check the sender, hand on.
 * Shared by all transports. Parsing is separate because long lines are parsed in a thread
 * (`long-lines.ts`).
 */
import { chosenVersion, versionGoodbye } from '../protocol/worker-messages.ts';
import type {
  FromWorker,
  ResultMessage,
  ToWorker,
  VersionRange,
} from '../protocol/worker-messages.ts';
import { MalformedMessage } from '../protocol/message-line.ts';
import { helloRange, parseFromWorker, parseResult } from '../protocol/worker-wire.ts';
import type { Malformed, Peer } from './transport.ts';

export interface Receiver {
  readonly receive: (message: FromWorker | ResultMessage) => void;
  readonly malformed: (what: Malformed) => void;
  readonly answer: (peer: Peer, message: ToWorker) => void;
}

export interface Refused {
  readonly ok: false;
  readonly error: string;
  /** Sender named in the line; null: none. */
  readonly peer: Peer | null;
  /** Version range of a hello with an unsupported version; null: not such a hello. */
  readonly range: VersionRange | null;
}

/** A parsed line, as plain values that can be posted to another thread. */
export type Parsed<Message> = { readonly ok: true; readonly message: Message } | Refused;

/** The channels that a coordinator reads, with the type of their messages. */
export interface Channels {
  readonly control: FromWorker;
  readonly results: ResultMessage;
}

/** Parser of each channel's lines. */
export const parsers: {
  readonly [Name in keyof Channels]: (line: string) => Parsed<Channels[Name]>;
} = {
  control(line) {
    try {
      return { ok: true, message: parseFromWorker(line) };
    } catch (error) {
      return { ok: false, error: explained(error), peer: senderOf(error), range: helloRange(line) };
    }
  },
  results(line) {
    try {
      return { ok: true, message: parseResult(line) };
    } catch (error) {
      return { ok: false, error: explained(error), peer: senderOf(error), range: null };
    }
  },
};

/**
 * Takes a line of the control channel. A message that names another sender than its connection is
 * malformed; a hello with an unsupported version is answered and not handed on.
 */
export function takeControl(
  peer: Peer | null,
  parsed: Parsed<FromWorker>,
  { receive, malformed, answer }: Receiver,
): void {
  if (!parsed.ok) {
    const { range, error } = parsed;
    if (peer !== null && range !== null && chosenVersion(range) === null)
      refuseVersion(peer, range);
    else malformed({ peer, error });
    return;
  }
  const { message } = parsed;
  if (peer?.slot !== message.slot || peer.incarnation !== message.incarnation) {
    const known = peer === null ? 'nobody known' : `${peer.slot}#${peer.incarnation}`;
    malformed({
      peer,
      error: `${message.type}: from ${known}, but it names ${message.slot}#${message.incarnation}`,
    });
  } else if (message.type === 'hello' && chosenVersion(message.v) === null)
    refuseVersion(peer, message.v);
  else receive(message);

  function refuseVersion(to: Peer, range: VersionRange): void {
    const goodbye = versionGoodbye(range);
    answer(to, goodbye);
    malformed({ peer: to, error: goodbye.text ?? goodbye.reason });
  }
}

/** Takes a line of the results channel, where only the message itself names its sender. */
export function takeResult(parsed: Parsed<ResultMessage>, { receive, malformed }: Receiver): void {
  if (parsed.ok) receive(parsed.message);
  else malformed({ peer: parsed.peer, error: parsed.error });
}

/** Returns the text of a parse error; rethrows any other error. */
export function explained(error: unknown): string {
  if (error instanceof MalformedMessage) return error.message;
  throw error;
}

function senderOf(error: unknown): Peer | null {
  if (!(error instanceof MalformedMessage)) return null;
  const { slot, incarnation } = error.data;
  return typeof slot === 'string' && typeof incarnation === 'string' ? { slot, incarnation } : null;
}
