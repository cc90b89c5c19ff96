/**
 * A host that serves one dataset, or a node that fetches it, as a process: the real sockets, doors
 * and folders, without studies and workers. Prints events as JSON, one on each line.
 */
import { FetchedDatasets, folderToServe } from '../../src/datasets/fetched.ts';
import { HostDatasets } from '../../src/node/data/host-datasets.ts';
import { NodeData } from '../../src/node/data/node-data.ts';
import { servedTree } from '../../src/node/data/stored-tree.ts';
import { NODE_PROTOCOL, NO_LIMITS } from '../../src/protocol/node-messages.ts';
import type { FromNode, NodeHello } from '../../src/protocol/node-messages.ts';
import { systemTimer } from '../../src/runtime/timer.ts';
import { InProcessCoordinator } from '../../src/transport/in-process.ts';
import type { KeyPair } from '../../src/transport/keys.ts';
import { LabTransport } from '../../src/transport/lab-transport.ts';
import { framesOf, readRequest } from '../../src/transport/nodes/data-channel.ts';
import { NodeEnd } from '../../src/transport/nodes/node-end.ts';

export interface DatasetHostSettings {
  readonly role: 'host';
  readonly keys: KeyPair;
  readonly nodes: readonly { readonly node: string; readonly key: string }[];
  /** Absolute path of the folder of imported datasets. */
  readonly folder: string;
  readonly content: string;
  /** Chunk whose first sending has a wrong byte. */
  readonly flips?: number;
  /** Number of joined nodes with which the dataset is announced. */
  readonly startAt: number;
}

export interface DatasetNodeSettings {
  readonly role: 'node';
  readonly node: string;
  readonly keys: KeyPair;
  readonly hostKey: string;
  readonly host: string;
  readonly address: string;
  readonly folder: string;
}

export type DatasetEvent =
  | { readonly event: 'listening' }
  | { readonly event: 'sent'; readonly index: number }
  | { readonly event: 'linked' }
  /** `ms` since the node was told of the dataset. */
  | {
      readonly event: 'state';
      readonly state: string;
      readonly bytes: number;
      readonly ms: number;
      readonly error: string | null;
    };

/** Environment variable with the settings as JSON. */
const DATASET_LAB = 'GALAPAGOS_DATASET_LAB';
const NAME = 'pictures';
const PORT = 47_800;

function print(event: DatasetEvent): void {
  process.stdout.write(`${JSON.stringify(event)}\n`);
}

async function host(settings: DatasetHostSettings): Promise<void> {
  const { keys, nodes, folder, content, startAt } = settings;
  const transport = new LabTransport(new InProcessCoordinator());
  let { flips } = settings;
  let joined = 0;
  const datasets = new HostDatasets({
    timer: systemTimer,
    open: async (dataset, signal) => {
      const served = await folderToServe(folder, dataset);
      return served === null ? null : servedTree(served, signal);
    },
    send: (node, message) => transport.nodes.send(node, message),
    failed: ({ name }, reason) => {
      throw new Error(`${name}: ${reason}`);
    },
  });
  const hello = (node: string, message: NodeHello): void => {
    const key = nodes.find((each) => each.node === node)?.key ?? '';
    const { name, has, serves, no } = message;
    const version = NODE_PROTOCOL.high;
    datasets.joined({ id: node, key, name, has, serves, version });
    transport.nodes.send(node, {
      type: 'nodeWelcome',
      v: version,
      epoch: 1,
      link: 1,
      no,
      lab: 'lab',
      pulseMs: 500,
      silentMs: 2000,
      run: [],
      fetch: [...datasets.orders(version)],
    });
    joined += 1;
    if (joined === startAt) void datasets.want([{ content, name: NAME }]);
  };
  transport.nodes.onMessage({
    message: (node, message) => {
      if (message.type === 'node') hello(node, message);
      if (message.type === 'data') datasets.report(node, message);
    },
    malformed: (_, error) => {
      throw new Error(error);
    },
    linkEnded: () => undefined,
    otherVersion: () => undefined,
  });
  const answer = async (node: string, frames: readonly Buffer[]): Promise<void> => {
    const answered = await datasets.serve(node, readRequest(frames));
    const { head, body } = answered;
    if (head.type === 'chunk') {
      print({ event: 'sent', index: head.index });
      if (head.index === flips) {
        body[7] = (body[7] ?? 0) ^ 1;
        flips = undefined;
      }
    }
    await sharing.sendData(node, framesOf(answered)).catch(() => undefined);
  };
  const sharing = await transport.share({
    port: PORT,
    keys,
    nodes: nodes.map(({ node, key }) => ({ node, publicKeys: [key] })),
    listener: {
      pair: (connection) => connection.end(),
      refused: () => undefined,
      broken: (error) => {
        throw error;
      },
      data: (node, frames) => void answer(node, frames),
    },
  });
  print({ event: 'listening' });
}

async function node(settings: DatasetNodeSettings): Promise<void> {
  const { node: id, keys, hostKey, host: name, address, folder } = settings;
  let told = 0;
  let last = '';
  let no = 0;
  let end: NodeEnd | null = null;
  const send = (message: FromNode): void => end?.send(message);
  const data = new NodeData({
    node: id,
    keys,
    host: name,
    folders: new FetchedDatasets(folder),
    serves: true,
    addresses: () => [address],
    report: (report) => {
      send(report);
      const { state, bytes, error } = report;
      const text = `${state} ${String(error)}`;
      if (text === last && state !== 'fetching') return;
      last = text;
      print({ event: 'state', state, bytes, ms: performance.now() - told, error });
    },
    sendData: async (frames) => {
      if (end === null) throw new Error('not connected');
      await end.sendData(frames);
    },
    warn: (text) => process.stderr.write(`${text}\n`),
  });
  await data.open();
  const hello = (): NodeHello => ({
    type: 'node',
    v: NODE_PROTOCOL,
    boot: 1,
    no: (no += 1),
    name: id,
    release: '0',
    system: 'test',
    cores: 1,
    arithmetic: {},
    slots: [],
    has: data.has(),
    serves: data.serves,
    limits: NO_LIMITS,
  });
  end = await NodeEnd.open({
    node: id,
    keys,
    hostKey,
    addresses: [{ host: name, port: PORT }],
    listener: {
      state: ({ is }) => {
        if (is !== 'connected') {
          data.lost();
          return;
        }
        data.connected();
        send(hello());
      },
      message: (message) => {
        if (message.type === 'nodeWelcome') print({ event: 'linked' });
        if (message.type === 'nodeWelcome' || message.type === 'fetch') {
          if (message.fetch.length > 0 && told === 0) told = performance.now();
          data.want(message.fetch);
        }
        if (message.type === 'introduce') data.introduce(message);
      },
      control: () => undefined,
      tasks: () => undefined,
      data: (frames) => data.frames(frames),
      malformed: (error) => process.stderr.write(`${error}\n`),
    },
  });
}

const text = process.env[DATASET_LAB];
if (text !== undefined) {
  const settings = JSON.parse(text) as DatasetHostSettings | DatasetNodeSettings;
  await (settings.role === 'host' ? host(settings) : node(settings));
}
