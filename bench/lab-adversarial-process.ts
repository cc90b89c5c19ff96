/**
 * Processes of `lab-adversarial.ts`, by argument: `host` shares a lab, `node` is an honest node
 * that measures round trips, `attacker` misbehaves. Each answers every message with one message.
 */
import { PURPOSE, Stream } from '../src/core/random.ts';
import { readRequest } from '../src/transport/nodes/data-channel.ts';
import { InProcessCoordinator } from '../src/transport/in-process.ts';
import type { KeyPair } from '../src/transport/keys.ts';
import { LabTransport } from '../src/transport/lab-transport.ts';
import type { SharedNode } from '../src/transport/nodes/sharing.ts';
import {
  idle,
  longFrame,
  manyFrames,
  slowHandshakes,
  spoiledMessages,
  strangerBytes,
} from '../test/support/lab-attacks.ts';
import type { AttackedChannel, Target } from '../test/support/lab-attacks.ts';
import { TestNode } from '../test/support/node-worker.ts';

export type Attack =
  | { readonly kind: 'idle' | 'slow' | 'long'; readonly count: number }
  | { readonly kind: 'handshakes'; readonly channel: string; readonly count: number }
  | { readonly kind: 'messages'; readonly channel: AttackedChannel; readonly count: number }
  | { readonly kind: 'frames'; readonly count: number; readonly bytes: number };

export type ToProcess =
  | { readonly do: 'share'; readonly keys: KeyPair; readonly nodes: readonly SharedNode[] }
  | ({ readonly do: 'join' } & Target)
  | { readonly do: 'begin' | 'end' }
  | { readonly do: 'attack'; readonly attack: Attack; readonly target: Target };

/** Round trips of the honest node, in milliseconds. */
export interface Honest {
  readonly count: number;
  readonly p50: number;
  readonly p99: number;
  readonly longest: number;
  /** Links since the node was started. */
  readonly links: number;
}

export interface HostSample {
  readonly startMiB: number;
  readonly peakMiB: number;
  readonly endMiB: number;
  /** Refused connections that were reported. */
  readonly reports: number;
}

const ROUND_TRIP_EVERY_MS = 5;
const HELD_MS = 5_000;
/**
 * Milliseconds that a spoiled message waits for a connection; the host refuses the node for 60 s.
 */
const BETWEEN_LINKS_MS = 2;
const random = new Stream(7, { purpose: PURPOSE.simulation });
const below = (n: number): number => random.below(n);
const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

const roles: Record<string, () => (message: ToProcess) => Promise<unknown>> = {
  host,
  node: honestNode,
  attacker: () => async (message) => {
    if (message.do === 'attack') await attack(message.attack, message.target);
    return true;
  },
};

const role = roles[process.argv[2] ?? ''];
if (role === undefined) throw new Error('expected host, node or attacker');
const handle = role();
process.on('message', (message: ToProcess) => {
  void handle(message).then((answer) => process.send?.(answer));
});

function host(): (message: ToProcess) => Promise<unknown> {
  const transport = new LabTransport(new InProcessCoordinator());
  let reports = 0;
  let [startMiB, peakMiB] = [0, 0];
  const sample = (): number => {
    const used = process.memoryUsage().rss / 2 ** 20;
    peakMiB = Math.max(peakMiB, used);
    return used;
  };
  setInterval(sample, 20);
  transport.nodes.onMessage({
    message: (node, message) => {
      if (message.type === 'pulse')
        transport.nodes.send(node, { type: 'hostPulse', n: message.n, at: Date.now() });
    },
    malformed: () => undefined,
    linkEnded: () => undefined,
    otherVersion: () => undefined,
  });
  transport.onMessage(
    () => undefined,
    () => undefined,
  );
  return async (message) => {
    if (message.do === 'share') {
      const sharing = await transport.share({
        ...{ port: 0, host: '127.0.0.1', keys: message.keys, nodes: message.nodes },
        listener: {
          refused: () => (reports += 1),
          pair: (connection) => connection.onLine(() => connection.end()),
          data: (_, frames) => void readRequest(frames),
          broken: (error) => {
            throw error;
          },
        },
      });
      await Promise.all(message.nodes.map(({ node }) => transport.nodes.openLink(node)));
      return sharing.port;
    }
    if (message.do === 'begin') {
      peakMiB = 0;
      startMiB = sample();
      reports = 0;
      return true;
    }
    const endMiB = sample();
    return { startMiB, peakMiB, endMiB, reports } satisfies HostSample;
  };
}

function honestNode(): (message: ToProcess) => Promise<unknown> {
  let node: TestNode | null = null;
  let times: number[] = [];
  const trip = async (n: number): Promise<void> => {
    if (node === null) return;
    const began = performance.now();
    node.messages.all.length = 0;
    node.end.send({ type: 'pulse', n, silent: [], held: [], rttMs: null, offsetMs: null });
    await node.messages.first((found) => found.type === 'hostPulse' && found.n === n, 0, 60_000);
    times.push(performance.now() - began);
  };
  return async (message) => {
    if (message.do === 'join') {
      const { node: id, keys, hostKey, port } = message;
      const addresses = [{ host: '127.0.0.1', port }];
      node = await TestNode.open({ node: id, keys, hostKey, addresses });
      await node.is('connected');
      void (async () => {
        for (let n = 1; ; n++) {
          await trip(n);
          await pause(ROUND_TRIP_EVERY_MS);
        }
      })();
    }
    if (message.do === 'begin') times = [];
    if (message.do !== 'end') return true;
    const sorted = [...times].sort((a, b) => a - b);
    const at = (share: number): number => sorted[Math.floor(share * (sorted.length - 1))] ?? NaN;
    const links = node?.states.all.filter(({ is }) => is === 'connected').length ?? 0;
    const found = { count: sorted.length, p50: at(0.5), p99: at(0.99), longest: at(1), links };
    return found satisfies Honest;
  };
}

async function attack(given: Attack, target: Target): Promise<void> {
  switch (given.kind) {
    case 'idle':
    case 'slow': {
      const end = (given.kind === 'idle' ? idle : slowHandshakes)(target, given.count);
      await pause(HELD_MS);
      end();
      return;
    }
    case 'handshakes':
      await strangerBytes(target, given.channel, given.count, below);
      return;
    case 'messages':
      await spoiledMessages(target, given.channel, given.count, below, BETWEEN_LINKS_MS, () =>
        pause(2_000),
      );
      return;
    case 'long':
      for (let i = 0; i < given.count; i++) await longFrame(target, 'results');
      return;
    case 'frames':
      await manyFrames(target, 'results', given.count, given.bytes);
      return;
    default:
      given satisfies never;
  }
}
