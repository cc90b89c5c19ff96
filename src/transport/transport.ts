/**
 * The contract of a transport: three channels between one coordinator and many workers. Tasks: one
 * bound PUSH for each session, so that the loss of messages queued for a dead worker is noticed.
 * Results: one shared PULL. Control: ROUTER/DEALER. No order holds between channels; within one,
 * messages of one sender arrive in order or not at all. `zeromq.ts` crosses processes,
 * `in-process.ts` serves tests. Messages are parsed by schema on arrival.
 */
import type {
  FromWorker,
  ResultMessage,
  TaskMessage,
  ToWorker,
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
  /** Opens a session's task channel. @returns its endpoint, which is part of `welcome` */
  openTasks(session: string): Promise<string>;
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
