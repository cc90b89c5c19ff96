/**
 * A node without processes: workers' transports that share one end of a link, as the workers of a
 * relay do.
 */
import { parseTask, parseToWorker, encodeMessage } from '../../src/protocol/worker-wire.ts';
import type {
  FromWorker,
  ResultMessage,
  TaskMessage,
  ToWorker,
} from '../../src/protocol/worker-messages.ts';
import { checkLength, linesOf } from '../../src/transport/lines.ts';
import { NodeEnd } from '../../src/transport/nodes/node-end.ts';
import type { LinkState, NodeEndOptions } from '../../src/transport/nodes/node-end.ts';
import { peerName } from '../../src/transport/peer-name.ts';
import type { Peer, WorkerTransport } from '../../src/transport/transport.ts';
import type { ToNode } from '../../src/protocol/node-messages.ts';
import { Inbox } from './inbox.ts';

type Lines = (lines: string) => void;

export class TestNode {
  readonly states = new Inbox<LinkState>();
  readonly messages = new Inbox<ToNode>();
  readonly data = new Inbox<readonly Buffer[]>();
  readonly workers = new Map<string, { readonly control: Lines; readonly tasks: Lines }>();
  #end: NodeEnd | null = null;

  static async open(options: Omit<NodeEndOptions, 'listener'>): Promise<TestNode> {
    const node = new TestNode();
    node.#end = await NodeEnd.open({
      ...options,
      listener: {
        state: node.states.put,
        message: node.messages.put,
        control: (peer, lines) => node.workers.get(peerName(peer))?.control(lines),
        tasks: (peer, lines) => node.workers.get(peerName(peer))?.tasks(lines),
        data: node.data.put,
        malformed: (error) => {
          throw new Error(error);
        },
      },
    });
    return node;
  }

  get end(): NodeEnd {
    if (this.#end === null) throw new Error('the node is not open');
    return this.#end;
  }

  /** Resolves when the link is in a state. */
  async is(state: LinkState['is'], from = 0): Promise<LinkState> {
    return this.states.first((found) => found.is === state, from);
  }

  connect(peer: Peer): WorkerTransport {
    const { end, workers } = this;
    const name = peerName(peer);
    const early: string[] = [];
    let joined = false;
    let receive: {
      control: (message: ToWorker) => void;
      task: (message: TaskMessage) => void;
    } | null = null;
    const takeTasks = (lines: string): void => {
      if (!joined) early.push(lines);
      else for (const line of linesOf(lines)) receive?.task(parseTask(line));
    };
    const entry = {
      control: (lines: string) => {
        for (const line of linesOf(lines)) receive?.control(parseToWorker(line));
      },
      tasks: takeTasks,
    };
    workers.set(name, entry);
    const send = (message: FromWorker | ResultMessage, by: (line: string) => void): void => {
      const line = encodeMessage(message);
      checkLength(line);
      if (workers.get(name) === entry) by(line);
    };
    return {
      sendControl: (message) => send(message, (line) => end.sendWorkerControl(peer, line)),
      sendResult: (message) => send(message, (line) => end.sendWorkerResult(peer, line)),
      joinSession() {
        joined = true;
        for (const lines of early.splice(0)) takeTasks(lines);
      },
      onMessage(control, task) {
        receive = { control, task };
      },
      close() {
        if (workers.get(name) === entry) workers.delete(name);
        return Promise.resolve();
      },
    };
  }
}
