/** A shared lab on loopback: a host with a door, and nodes that connect to it. */
import { curveKeyPair } from 'zeromq';
import { fromZ85 } from '../../src/core/z85.ts';
import type { FromNode, NodeResult } from '../../src/protocol/node-messages.ts';
import type { LineConnection } from '../../src/transport/door/line-connection.ts';
import type { Refusal } from '../../src/transport/door/refusals.ts';
import type { Timer } from '../../src/runtime/timer.ts';
import { InProcessCoordinator } from '../../src/transport/in-process.ts';
import type { KeyPair } from '../../src/transport/keys.ts';
import { LabTransport } from '../../src/transport/lab-transport.ts';
import type { Sharing } from '../../src/transport/nodes/sharing.ts';
import type { CoordinatorTransport } from '../../src/transport/transport.ts';
import { Inbox } from './inbox.ts';
import { ManualTimer } from './manual-timer.ts';
import { TestNode } from './node-worker.ts';

export function newKeys(): KeyPair {
  const { publicKey, secretKey } = curveKeyPair();
  const hex = (text: string): string => Buffer.from(fromZ85(text) ?? []).toString('hex');
  return { publicKey: hex(publicKey), secretKey: hex(secretKey) };
}

export interface NodeMessageOf {
  readonly node: string;
  readonly message: FromNode | NodeResult;
}

export class SharedLab {
  readonly transport: LabTransport;
  readonly keys = newKeys();
  readonly timer: Timer;
  readonly nodeKeys = new Map<string, KeyPair>();
  readonly messages = new Inbox<NodeMessageOf>();
  readonly malformed = new Inbox<{ readonly node: string; readonly error: string }>();
  readonly linksEnded = new Inbox<{ readonly node: string; readonly pause: boolean }>();
  readonly otherVersions = new Inbox<{
    readonly node: string;
    readonly low: number;
    readonly high: number;
  }>();
  readonly refusals = new Inbox<Refusal>();
  readonly pairs = new Inbox<LineConnection>();
  readonly data = new Inbox<{ readonly node: string; readonly frames: readonly Buffer[] }>();
  /** Called with the frames of each message on a data channel. */
  takeData: (frames: readonly Buffer[]) => void = () => undefined;
  #sharing: Sharing | null = null;
  readonly #nodes: TestNode[] = [];

  /** @param timer clock of the limits for malformed messages */
  constructor(
    local: CoordinatorTransport = new InProcessCoordinator(),
    timer: Timer = new ManualTimer(),
  ) {
    this.timer = timer;
    this.transport = new LabTransport(local);
    this.transport.nodes.onMessage({
      message: (node, message) => this.messages.put({ node, message }),
      malformed: (node, error) => this.malformed.put({ node, error }),
      linkEnded: (node, _, pause) => this.linksEnded.put({ node, pause }),
      otherVersion: (node, { low, high }) => this.otherVersions.put({ node, low, high }),
    });
  }

  async share(...nodes: string[]): Promise<Sharing> {
    return this.shareAt(0, ...nodes);
  }

  /** @param port 0: any free one */
  async shareAt(port: number, ...nodes: string[]): Promise<Sharing> {
    for (const node of nodes) this.nodeKeys.set(node, newKeys());
    this.#sharing = await this.transport.share({
      port,
      host: '127.0.0.1',
      keys: this.keys,
      timer: this.timer,
      nodes: nodes.map((node) => ({ node, publicKeys: [this.keysOf(node).publicKey] })),
      listener: {
        refused: this.refusals.put,
        pair: this.pairs.put,
        data: (node, frames) => {
          this.data.put({ node, frames });
          this.takeData(frames);
        },
        broken: (error) => {
          throw error;
        },
      },
    });
    return this.#sharing;
  }

  get sharing(): Sharing {
    if (this.#sharing === null) throw new Error('the lab is not shared');
    return this.#sharing;
  }

  keysOf(node: string): KeyPair {
    const keys = this.nodeKeys.get(node);
    if (keys === undefined) throw new Error(`no node ${node}`);
    return keys;
  }

  /** A node that is connecting, by default with its own keys. */
  async node(
    node: string,
    { keys = this.keysOf(node), hostKey = this.keys.publicKey } = {},
  ): Promise<TestNode> {
    const addresses = [{ host: '127.0.0.1', port: this.sharing.port }];
    const opened = await TestNode.open({ node, keys, hostKey, addresses });
    this.#nodes.push(opened);
    return opened;
  }

  /** A node with an open task channel. */
  async linked(node: string): Promise<TestNode> {
    const opened = await this.node(node);
    await opened.is('connected');
    opened.end.joinTasks(await this.transport.nodes.openLink(node));
    return opened;
  }

  async close(): Promise<void> {
    await Promise.all(this.#nodes.splice(0).map((node) => node.end.close()));
    await this.transport.close();
  }
}
