/**
 * The contract of a transport: three channels between one coordinator and many workers. Tasks: one
 * bound PUSH for each session, so that the loss of messages queued for a dead worker is noticed.
 * Results: one shared PULL. Control: ROUTER/DEALER. No order holds between channels; within one,
 * messages of one sender arrive in order or not at all. `zeromq.ts` crosses processes,
 * `in-process.ts` serves tests. Messages are parsed by schema on arrival.
 */
import type { FromNode, NodeResult, ToNode } from '../protocol/node-messages.ts';
import type {
  FromWorker,
  ResultMessage,
  TaskMessage,
  ToWorker,
  VersionRange,
} from '../protocol/worker-messages.ts';

/** Identity of a worker process on the control channel: its slot and incarnation. */
export interface Peer {
  readonly slot: string;
  readonly incarnation: string;
}

/** A message that no schema accepts. `peer` null: unknown sender. */
export interface Malformed {
  readonly peer: Peer | null;
  readonly error: string;
}

export interface CoordinatorTransport {
  /** Endpoint to which workers send hello. */
  readonly controlEndpoint: string;
  /** Endpoint to which workers push results; part of `welcome`. */
  readonly resultsEndpoint: string;
  /**
   * Opens the task channel of a session of a worker.
   * @returns its endpoint, which is part of `welcome`; of a node's worker a placeholder, which the
   *   node replaces
   */
  openTasks(session: string, peer: Peer): Promise<string>;
  closeTasks(session: string): void;
  /**
   * Queues without limit and without waiting; drops the message if the session's channel is closed.
   */
  sendTask(session: string, message: TaskMessage): void;
  /** Drops the message silently if the peer is not connected. */
  sendControl(peer: Peer, message: ToWorker): void;
  /** Called once, before the first message can arrive. */
  onMessage(
    receive: (message: FromWorker | ResultMessage) => void,
    malformed: (what: Malformed) => void,
  ): void;
  close(): Promise<void>;
  /** The nodes of a shared lab; absent: workers of this machine only. */
  readonly nodes?: NodeChannels;
}

export interface NodeListener {
  message(node: string, message: FromNode | NodeResult): void;
  /** A frame or a message of a node that no schema accepts. */
  malformed(node: string, error: string): void;
  /**
   * A link was ended after repeated malformed messages.
   * @param pause whether this has happened so often that the node should be paused; its connections
   *   are refused for a minute
   */
  linkEnded(node: string, error: string, pause: boolean): void;
  /**
   * The first message of a node of other versions of the protocol, which no schema here accepts.
   */
  otherVersion(node: string, versions: VersionRange): void;
}

/** The other machines that a coordinator reaches. Messages to an unknown node are dropped. */
export interface NodeChannels {
  /**
   * Opens the next task channel of a node and closes the one before.
   * @returns the number of the link, which is part of `nodeWelcome`
   */
  openLink(node: string): Promise<number>;
  send(node: string, message: ToNode): void;
  /** Ends all connections of a node and refuses new ones, at once. */
  cut(node: string): void;
  /** Called once, before the first message can arrive. */
  onMessage(listener: NodeListener): void;
}

export interface WorkerTransport {
  sendControl(message: FromWorker): void;
  sendResult(message: ResultMessage): void;
  /** Leaves the old session's task channel and joins the new one's. */
  joinSession(tasksEndpoint: string, resultsEndpoint: string): void;
  onMessage(
    control: (message: ToWorker) => void,
    task: (message: TaskMessage) => void,
    malformed: (error: string) => void,
  ): void;
  close(): Promise<void>;
}
