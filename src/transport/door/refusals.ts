/** Reasons why a door refuses connections, and their rate limit: one report a minute an address. */

export type RefusalReason =
  /** Too many young connections of one address. */
  | 'tooMany'
  /** Too many connections in all. */
  | 'full'
  /** No first line in time. */
  | 'silent'
  /** Another protocol, or too long a first line. */
  | 'notOurs'
  /** A channel that does not exist, such as one of a removed node. */
  | 'noSuchChannel'
  /** No encrypted connection in time: a plain connection or another host's key. */
  | 'handshake'
  /** A key that is not the channel's. */
  | 'unknownKey'
  /** More bytes than the limit allows, unread or in one line. */
  | 'flood';

export interface Refusal {
  /** IP address, without port. */
  readonly address: string;
  readonly reason: RefusalReason;
  /** Channel that was asked for; null: none was named. */
  readonly channel: string | null;
  /** Number of connections refused since the last report of this address. */
  readonly count: number;
}
