/**
 * Processes of `lab-relay.ts`: a node that joins the host that its first message names, and workers
 * that answer each trial at once. A process with the settings of a worker is a worker.
 */
import { fileURLToPath } from 'node:url';
import { FetchedDatasets } from '../src/datasets/fetched.ts';
import { startNode } from '../src/node/start-node.ts';
import { PROTOCOL } from '../src/protocol/worker-messages.ts';
import type { ResultMessage, TaskMessage, ToWorker } from '../src/protocol/worker-messages.ts';
import { WORKER_SETTINGS, parseWorkerSettings } from '../src/protocol/worker-settings.ts';
import { cpuDevice } from '../src/runtime/cpu-device.ts';
import type { KeyPair } from '../src/transport/keys.ts';
import { ZeromqWorker } from '../src/transport/zeromq.ts';
import { RESOURCES } from './bench-lab.ts';

/** Milliseconds after which a worker repeats a result. */
const AGAIN_MS = 2_000;

/** First message to a node. */
export interface Join {
  readonly node: string;
  readonly keys: KeyPair;
  readonly hostKey: string;
  readonly port: number;
  readonly userFolder: string;
}

/** Program of the echo workers, and of the node. */
export const echoWorker = {
  entry: fileURLToPath(import.meta.url),
  execArgv: ['--import', 'tsx'],
};

/** Milliseconds of a clock that all processes of this machine share. */
export function sharedNow(): number {
  return Number(process.hrtime.bigint()) / 1e6;
}

const settings = process.env[WORKER_SETTINGS];
if (settings !== undefined) echo(settings);
else if (process.argv[2] === 'node') process.once('message', (join: Join) => void node(join));

async function node({ node: id, keys, hostKey, port, userFolder }: Join): Promise<void> {
  const say = (text: string): void => void process.stderr.write(`node: ${text}\n`);
  await startNode({
    node: id,
    keys,
    host: { name: 'host', key: hostKey, addresses: [{ host: '127.0.0.1', port }] },
    boot: 1,
    name: 'node',
    release: '0',
    system: process.platform,
    cores: 1,
    cpu: cpuDevice(),
    cpuWorkers: 1,
    cards: [],
    worker: echoWorker,
    resources: RESOURCES,
    userFolder,
    datasets: new FetchedDatasets(userFolder),
    labFiles: {
      discard: () => undefined,
      note: () => undefined,
      kept: () => Promise.resolve([]),
      forget: () => Promise.resolve([]),
    },
    sideBySide: () => false,
    serves: false,
    listener: {
      changed: (change) => {
        if (change.kind !== 'up') say(`link: ${change.kind}`);
      },
      ended: ({ why }) => say(`ended: ${why}`),
      workers: () => undefined,
      workerExited: ({ lastWords }) => say(`a worker ended: ${lastWords}`),
      warn: say,
    },
  });
}

/**
 * Answers each trial at once, with the time of the last acknowledgement as a metric. Repeats
 * results without an acknowledgement, as the session of a worker does.
 */
function echo(text: string): void {
  const { controlEndpoint, token, slot, incarnation } = parseWorkerSettings(text);
  const transport = new ZeromqWorker({ controlEndpoint, token, slot, incarnation });
  process.once('disconnect', () => process.exit());
  const unanswered = new Map<number, { readonly message: ResultMessage; sentAt: number }>();
  let ackedAt = 0;
  const control = (message: ToWorker): void => {
    if (message.type === 'welcome')
      transport.joinSession(message.tasksEndpoint, message.resultsEndpoint);
    if (message.type !== 'ack') return;
    ackedAt = sharedNow();
    unanswered.delete(message.attempt.number);
  };
  const task = (message: TaskMessage): void => {
    if (message.type !== 'cohort') return;
    for (const { attempt } of message.lanes) {
      const result: ResultMessage = {
        type: 'result',
        session: message.session,
        slot,
        incarnation,
        attempt,
        result: { outcome: 'succeeded', value: 1, ms: 0, metrics: { ackedAt } },
      };
      unanswered.set(attempt.number, { message: result, sentAt: sharedNow() });
      transport.sendResult(result);
    }
  };
  setInterval(() => {
    const now = sharedNow();
    for (const sent of unanswered.values()) {
      if (now - sent.sentAt < AGAIN_MS) continue;
      sent.sentAt = now;
      transport.sendResult(sent.message);
    }
  }, AGAIN_MS);
  transport.onMessage(control, task, (error) => process.stderr.write(`${error}\n`));
  transport.sendControl({
    type: 'hello',
    v: PROTOCOL,
    slot,
    incarnation,
    helloNo: 1,
    device: 'cpu',
    lanes: 1,
    memoryBytes: 2 ** 30,
    holding: [],
  });
}
