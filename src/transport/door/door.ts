/** The host's one TCP port for everything that a lab sends over the network. */
import type { LineConnection } from './line-connection.ts';
import type { Refusal } from './refusals.ts';

export interface DoorListener {
  /** A machine starts a pairing conversation. */
  pair(connection: LineConnection): void;
  /** Refused connections of one address: the first at once, later ones once a minute. */
  refused(refusal: Refusal): void;
}

export interface Door {
  /** Number of the open port. */
  readonly port: number;
  /** Leads a channel to a port of the loopback address, in place of its earlier port. */
  route(channel: string, port: number): void;
  /** Refuses a channel and ends its connections. */
  unroute(channel: string): void;
  /** Reports that the reader of a channel has taken a message of this many bytes and frames. */
  taken(channel: string, bytes: number, frames: number): void;
  /** Ends a node's connections; the node may connect again. */
  disconnect(node: string): void;
  /** Ends a node's connections and refuses its channels. */
  destroy(node: string): void;
  close(): Promise<void>;
}
