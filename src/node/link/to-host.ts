/** The node's view of its host: what the relay sends while there is a link. */
import type { FromNode, NodeResult } from '../../protocol/node-messages.ts';
import type { FromWorker, ResultMessage } from '../../protocol/worker-messages.ts';

export interface ToHost {
  /** True if the host has welcomed this node on the current link. */
  readonly isUp: boolean;
  /** Sends a message of the node's own on the control channel; drops it without a link. */
  send(message: FromNode): void;
  /** Sends a message of the node's own on the results channel; drops it without a link. */
  sendResult(message: NodeResult): void;
  /** Passes on a message of a worker; drops it without a link. */
  passControl(message: FromWorker): void;
  /** Passes on a worker's result or report; drops it without a link. */
  passResult(message: ResultMessage): void;
}
