/** The host's end of the link to one node, and what a shared lab adds to a transport. */
import type { DoorListener } from '../door/door.ts';
import type { KeyPair } from './node-end.ts';

export interface SharedNode {
  readonly node: string;
  /** Public keys under which the node is admitted, in hex: its own, and its next one. */
  readonly publicKeys: readonly string[];
}

export interface ShareOptions {
  /** TCP port of the door; 0: any free one. */
  readonly port: number;
  /** Address to bind; default: every address of this machine. */
  readonly host?: string;
  readonly keys: KeyPair;
  /** Nodes that may connect from the first moment. */
  readonly nodes: readonly SharedNode[];
  readonly listener: DoorListener & {
    /** Frames that a node sent on its data channel. */
    data(node: string, frames: readonly Buffer[]): void;
  };
}

export interface Sharing {
  /** Number of the open port. */
  readonly port: number;
  /**
   * Lets a node connect. Wait for it before the node learns that it was admitted, or its first
   * connection is refused.
   */
  addNode(node: SharedNode): Promise<void>;
  /** Sends frames on a node's data channel; resolves when the socket has taken them. */
  sendData(node: string, frames: readonly (string | Buffer)[]): Promise<void>;
  /** Closes the door and the sockets of every node; the workers of this machine stay. */
  close(): Promise<void>;
}

/** A transport that can be shared: `LabTransport`. */
export interface Shareable {
  /** @throws DoorError when the port cannot be opened; nothing is shared then */
  share(options: ShareOptions): Promise<Sharing>;
}
