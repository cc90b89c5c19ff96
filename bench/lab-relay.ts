/**
 * Cost of a trial's messages on a node: task, result and acknowledgement between a coordinator's
 * transport and a worker that answers at once, on the host itself and through door, lobby and
 * relay. Host, node and both workers are processes of their own; both ways are measured in turns.
 */
import { fork } from 'node:child_process';
import { slotsOf } from '../src/core/device.ts';
import { at } from '../src/core/at.ts';
import type { FromWorker, ResultMessage } from '../src/protocol/worker-messages.ts';
import { WorkerProcesses } from '../src/node/workers/worker-processes.ts';
import { cpuDevice } from '../src/runtime/cpu-device.ts';
import type { LabTransport } from '../src/transport/lab-transport.ts';
import { ZeromqCoordinator } from '../src/transport/zeromq.ts';
import { Inbox } from '../test/support/inbox.ts';
import { SharedLab } from '../test/support/shared-lab.ts';
import { RESOURCES } from './bench-lab.ts';
import { echoWorker, sharedNow } from './lab-relay-process.ts';
import type { Join } from './lab-relay-process.ts';
import type { BenchRow } from './row.ts';
import { median } from './statistics.ts';
import { inTemporaryFolder } from './temporary-folder.ts';

const NODE = 'nabcdefghij';
const MEMORY_BYTES = 2 ** 30;
/** Blocks of each way, in turns, and trials of a block with one outstanding. */
const BLOCKS = 8;
const BLOCK_TRIALS = 250;
/** Milliseconds between two trials with one outstanding, in which the acknowledgement arrives. */
const PAUSE_MS = 3;
/** Trials of a block with many outstanding, and how many of them are. */
const MANY_TRIALS = 10_000;
const OUTSTANDING = 256;
const ADDED_MS = 1;
const PER_SECOND = 4_000;

/** Medians of a trial with one outstanding, in milliseconds. */
interface Latency {
  /** From sending the task until the result. */
  readonly result: number;
  /** From sending the task until the worker has the acknowledgement. */
  readonly acknowledged: number;
}

export function relayCost(): Promise<BenchRow[]> {
  return inTemporaryFolder(async (userFolder) => {
    const bench = await RelayBench.open(userFolder);
    try {
      return await bench.measured();
    } finally {
      await bench.close();
    }
  });
}

class RelayBench {
  readonly #lab: SharedLab;
  readonly #processes: WorkerProcesses;
  readonly #close: (() => Promise<void> | void)[] = [];
  readonly #ready = new Inbox<string>();
  readonly #sessions = new Map<string, { readonly session: string; taskSeq: number }>();
  /** Numbers of the trials without a result. */
  readonly #pending = new Set<number>();
  #sent = 0;
  #take: (ackedAt: number) => void = () => undefined;

  private constructor(local: ZeromqCoordinator, userFolder: string) {
    this.#lab = new SharedLab(local);
    this.#processes = new WorkerProcesses({
      ...echoWorker,
      controlEndpoint: local.controlEndpoint,
      token: local.token,
      resources: RESOURCES,
      userFolder,
      devices: [cpuDevice()],
      memoryLimitBytes: MEMORY_BYTES,
      onExit: ({ by, lastWords }) => {
        if (by === 'itself') process.stderr.write(`a worker ended: ${lastWords}\n`);
      },
    });
  }

  static async open(userFolder: string): Promise<RelayBench> {
    const bench = new RelayBench(await ZeromqCoordinator.bind(), userFolder);
    const lab = bench.#lab;
    const { transport } = lab;
    transport.onMessage(
      (message) => void bench.#message(message),
      ({ error }) => process.stderr.write(`${error}\n`),
    );
    transport.nodes.onMessage(answers(transport));
    const { port } = await lab.share(NODE);
    bench.#processes.spawn(LOCAL, INCARNATION, 0);
    const node = fork(echoWorker.entry, ['node'], { execArgv: echoWorker.execArgv });
    bench.#close.push(() => void node.kill('SIGTERM'));
    const { publicKey: hostKey } = lab.keys;
    node.send({ node: NODE, keys: lab.keysOf(NODE), hostKey, port, userFolder } satisfies Join);
    await bench.#ready.count(2);
    return bench;
  }

  async measured(): Promise<BenchRow[]> {
    for (const slot of [LOCAL, REMOTE]) await this.#many(slot, MANY_TRIALS);
    const one = await this.#inTurns((slot) => this.#single(slot));
    const many = await this.#inTurns((slot) => this.#many(slot, MANY_TRIALS));
    const latency = (found: readonly Latency[], of: keyof Latency): number =>
      median(found.map((each) => each[of]));
    const names = { result: 'task to result', acknowledged: 'task to acknowledgement' } as const;
    const rows = (['acknowledged', 'result'] as const).map((of) => {
      const [own, node] = [latency(one.local, of), latency(one.remote, of)];
      return {
        ...shared,
        case: `${names[of]}, added by a node, p50`,
        value: node - own,
        unit: 'ms',
        peer: 'on the host',
        peerValue: own,
        ratio: node / own,
        goal: `≤ ${ADDED_MS}`,
        held: node - own <= ADDED_MS,
        note: `${node.toFixed(3)} ms through a node; ${BLOCKS * BLOCK_TRIALS} trials each`,
      };
    });
    const [own, node] = [median(many.local), median(many.remote)];
    return [
      ...rows,
      {
        ...shared,
        case: `trials through one node, ${OUTSTANDING} outstanding`,
        value: node,
        unit: '/s',
        peer: 'on the host',
        peerValue: own,
        ratio: node / own,
        goal: `≥ ${PER_SECOND}`,
        held: node >= PER_SECOND,
        note: `${BLOCKS * MANY_TRIALS} trials each`,
      },
    ];
  }

  async close(): Promise<void> {
    for (const close of this.#close) await close();
    await this.#processes.close(0);
    await this.#lab.close();
  }

  async #inTurns<T>(measure: (slot: string) => Promise<T>): Promise<{ local: T[]; remote: T[] }> {
    const found: { local: T[]; remote: T[] } = { local: [], remote: [] };
    for (let block = 0; block < BLOCKS; block += 1) {
      found.local.push(await measure(LOCAL));
      found.remote.push(await measure(REMOTE));
    }
    return found;
  }

  async #single(slot: string): Promise<Latency> {
    const [results, acknowledged]: [number[], number[]] = [[], []];
    let sentAt = 0;
    for (let trial = 0; trial <= BLOCK_TRIALS; trial += 1) {
      const before = sentAt;
      const answered = new Promise<[number, number]>((resolve) => {
        this.#take = (ackedAt) => resolve([sharedNow(), ackedAt]);
      });
      sentAt = sharedNow();
      this.#send(slot);
      const [now, ackedAt] = await answered;
      // A result names the acknowledgement of the one before.
      if (trial > 0) acknowledged.push(ackedAt - before);
      if (trial > 0) results.push(now - sentAt);
      await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
    }
    return { result: median(results), acknowledged: median(acknowledged) };
  }

  /** Returns the trials a second. */
  async #many(slot: string, trials: number): Promise<number> {
    const began = sharedNow();
    await new Promise<void>((resolve) => {
      let [sent, ended] = [0, 0];
      this.#take = () => {
        ended += 1;
        if (ended === trials) resolve();
        else if (sent < trials) send();
      };
      const send = (): void => {
        sent += 1;
        this.#send(slot);
      };
      while (sent < OUTSTANDING) send();
    });
    return (1000 * trials) / (sharedNow() - began);
  }

  #send(slot: string): void {
    const known = this.#sessions.get(slot);
    if (known === undefined) throw new Error(`no session of ${slot}`);
    known.taskSeq += 1;
    const number = ++this.#sent;
    this.#pending.add(number);
    this.#lab.transport.sendTask(known.session, {
      type: 'cohort',
      session: known.session,
      taskSeq: known.taskSeq,
      cohort: `c${known.taskSeq}`,
      study: STUDY,
      lanes: [{ attempt: { study: STUDY, number, attemptNumber: 1 }, params: PARAMS }],
      deadlineMs: null,
    });
  }

  async #message(message: FromWorker | ResultMessage): Promise<void> {
    const { transport } = this.#lab;
    const peer = { slot: message.slot, incarnation: message.incarnation };
    if (message.type === 'result') {
      transport.sendControl(peer, { type: 'ack', attempt: message.attempt });
      // Workers repeat results, as the first ones are lost while their socket connects.
      if (this.#pending.delete(message.attempt.number))
        this.#take(Number(message.result.metrics?.['ackedAt']));
    } else if (message.type === 'hello') {
      const session = `1.${this.#sessions.size + 1}`;
      this.#sessions.set(peer.slot, { session, taskSeq: 0 });
      const tasksEndpoint = await transport.openTasks(session, peer);
      const { resultsEndpoint } = transport;
      const times = { beatMs: 500, leaseMs: 2000 };
      const { helloNo, v } = message;
      const endpoints = { tasksEndpoint, resultsEndpoint };
      transport.sendControl(peer, {
        ...{ type: 'welcome', v: v.high, epoch: 1, helloNo, session, keep: [] },
        ...endpoints,
        ...times,
      });
      this.#ready.put(peer.slot);
    }
  }
}

const STUDY = '0d9c8c9e-7f5c-4a8e-9d46-0f5fb5c2f1aa';
const PARAMS = Float64Array.of(0.031, NaN, 3, 1e-17, -2.5, 0.1, 0.2, 12345678.9);
const INCARNATION = '1.1';
const LOCAL = at(slotsOf('local', cpuDevice(), 1), 0);
const REMOTE = at(slotsOf(NODE, cpuDevice(), 1), 0);
const shared = { bench: 'lab-cost' } as const;

/** Answers the messages of the node itself as a host does. */
function answers(transport: LabTransport): Parameters<LabTransport['nodes']['onMessage']>[0] {
  const say = (text: string): void => void process.stderr.write(`${text}\n`);
  return {
    malformed: (_, error) => say(error),
    otherVersion: (node) => say(`${node} speaks another version`),
    linkEnded: (_, error) => say(error),
    message: (node, message) => {
      if (message.type === 'pulse')
        transport.nodes.send(node, { type: 'hostPulse', n: message.n, at: Date.now() });
      if (message.type !== 'node') return;
      void transport.nodes.openLink(node).then((link) =>
        transport.nodes.send(node, {
          type: 'nodeWelcome',
          v: message.v.high,
          epoch: 1,
          link,
          no: message.no,
          lab: 'bench',
          pulseMs: 500,
          silentMs: 2000,
          run: [{ slot: REMOTE, incarnation: INCARNATION }],
          fetch: [],
        }),
      );
    },
  };
}
