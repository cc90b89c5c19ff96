/** The node's end of its link to a host. */
import type { FromNode, NodeResult, ToNode } from '../../protocol/node-messages.ts';
import type { Peer } from '../transport.ts';

/** Address of a host's door. */
export interface HostAddress {
  readonly host: string;
  readonly port: number;
}

/** A Curve25519 key pair in hex. */
export interface KeyPair {
  readonly publicKey: string;
  readonly secretKey: string;
}

export type LinkState =
  | { readonly is: 'connecting' }
  /** The host's control channel is open: send `node` now. */
  | { readonly is: 'connected'; readonly address: HostAddress }
  /** The host refuses this node; it is asked again every 30 s. */
  | { readonly is: 'refused'; readonly why: 'noSuchChannel' | 'unknownKey' };

export interface NodeEndListener {
  state(state: LinkState): void;
  /** A message of the host to the node itself. */
  message(message: ToNode): void;
  /** Lines of the control channel for a worker, separated by line feeds. */
  control(peer: Peer, lines: string): void;
  /** Lines of the task channel for a worker, separated by line feeds. */
  tasks(peer: Peer, lines: string): void;
  /** Frames of the data channel. */
  data(frames: readonly Buffer[]): void;
  malformed(error: string): void;
}

export interface NodeEndOptions {
  /** Id of this node. */
  readonly node: string;
  readonly keys: KeyPair;
  /** Public key of the host in hex. */
  readonly hostKey: string;
  /** Addresses of the host, tried in turn. */
  readonly addresses: readonly HostAddress[];
}

/** Everything sent while the link is down is dropped. */
export interface NodeLink {
  /** Joins the task channel of a link, which `nodeWelcome` names. */
  joinTasks(link: number): void;
  send(message: FromNode): void;
  /** Sends a message of the node itself on the results channel. */
  sendResult(message: NodeResult): void;
  /** Sends one line of a worker on the control channel. */
  sendWorkerControl(peer: Peer, line: string): void;
  /** Sends one line of a worker on the results channel. */
  sendWorkerResult(peer: Peer, line: string): void;
  /** Sends frames on the data channel; resolves when the socket has taken them. */
  sendData(frames: readonly (string | Buffer)[]): Promise<void>;
  /** Replaces the addresses of the host. */
  setAddresses(addresses: readonly HostAddress[]): void;
  close(): Promise<void>;
}
