/** One well-formed node message of every kind, by channel. */
import {
  NO_LIMITS,
  type FromNode,
  type NodeResult,
  type ToNode,
} from '../../src/protocol/node-messages.ts';

const sha = 'ab'.repeat(32);
const key = '0f'.repeat(32);

export const node: Extract<FromNode, { type: 'node' }> = {
  type: 'node',
  v: { low: 1, high: 2 },
  boot: 3,
  no: 1,
  name: 'PIXEL',
  release: '0.3.0',
  system: 'linux x64',
  cores: 8,
  arithmetic: { wasm: 1 },
  slots: [
    {
      slot: 'nabcdefghij/gpu/0/0',
      device: 'gpu/0',
      model: 'NVIDIA RTX 4090',
      lanes: 64,
      memoryBytes: 24 * 2 ** 30,
      running: '1.2',
      session: null,
      taskSeq: 0,
    },
  ],
  has: [sha],
  serves: { port: 47_800, addresses: ['192.168.1.5', 'fe80::1%eth0'] },
  limits: { ...NO_LIMITS, hours: { from: 18, to: 8 }, devices: ['gpu/0'] },
};

export const fromNode: readonly FromNode[] = [
  node,
  { type: 'pulse', n: 1, silent: [], held: ['nabcdefghij/gpu/0/0'], rttMs: null, offsetMs: -3.5 },
  {
    type: 'load',
    sample: {
      node: 'nabcdefghij',
      at: 1,
      cores: [12.5],
      memoryBytes: 1,
      memoryTotalBytes: 2,
      temperature: null,
      devices: [],
      workers: [],
      unknown: { temperature: 'no sensor' },
    },
  },
  { type: 'keeps', labId: sha, studies: ['0d9c8c9e-7f5c-4a8e-9d46-0f5fb5c2f1aa'] },
  {
    type: 'packages',
    content: sha,
    program: { command: 'python3', folder: '.', imports: ['torch', 'numpy'] },
    found: { python: '3.11.2', packages: { torch: '2.3.0', numpy: null } },
  },
  {
    type: 'inventory',
    inventory: {
      node: 'nabcdefghij',
      name: 'pixel',
      thisMachine: true,
      system: 'linux x64',
      processor: null,
      cores: 8,
      memoryBytes: 2 ** 33,
      executors: [],
      devices: [],
      devicesUnknown: null,
    },
  },
  {
    type: 'data',
    tree: sha,
    content: sha,
    state: 'fetching',
    bytes: 10,
    of: 100,
    sources: ['DESK'],
    lacks: [{ from: 3, to: 9 }],
    error: null,
  },
  {
    type: 'courtesy',
    hoursFrom: 1_900_000_000_000,
    held: { reason: 'input', data: { at: 1_800_000_000_000 } },
    idleSource: 'GNOME',
    idleUnknown: null,
  },
  { type: 'limits', limits: NO_LIMITS },
  { type: 'rekey', key },
  { type: 'rekeyed', key },
  { type: 'leaving', reason: 'drained' },
];

export const nodeResults: readonly NodeResult[] = [
  {
    type: 'exited',
    slot: 'nabcdefghij/cpu/0',
    incarnation: '1.1',
    code: null,
    signal: 'SIGKILL',
    by: 'itself',
    rssPeakBytes: 5,
    overMemory: false,
    lastWords: 'Killed',
  },
];

export const toNode: readonly ToNode[] = [
  { type: 'forget', labId: sha, studies: ['0d9c8c9e-7f5c-4a8e-9d46-0f5fb5c2f1aa'] },
  {
    type: 'nodeWelcome',
    v: 4,
    epoch: 4,
    link: 2,
    no: 1,
    lab: 'DESK',
    labId: sha,
    pulseMs: 500,
    silentMs: 2000,
    run: [{ slot: 'nabcdefghij/cpu/0', incarnation: '1.1' }],
    fetch: [
      { content: sha, tree: sha, name: 'cifar-10' },
      {
        content: sha,
        tree: sha,
        name: 'code of mine',
        programs: [{ command: 'python3', folder: 'src', python: '/opt/venv' }],
      },
    ],
  },
  { type: 'hostPulse', n: 1, at: 1 },
  { type: 'spawn', slot: 'nabcdefghij/cpu/0', incarnation: '1.1', afterMs: 0 },
  { type: 'kill', slot: 'nabcdefghij/cpu/0', incarnation: '1.1', afterMs: 0 },
  { type: 'noted', slot: 'nabcdefghij/cpu/0', incarnation: '1.1' },
  { type: 'fetch', fetch: [{ content: sha, tree: sha, name: 'cifar-10' }] },
  {
    type: 'introduce',
    tree: sha,
    peer: { node: 'nklmnopqrst', name: 'LOFT', key, port: 47_800, addresses: ['10.0.0.4'] },
    as: 'source',
    validMs: 600_000,
  },
  { type: 'limits', limits: { ...NO_LIMITS, draining: { graceMs: 5000 } } },
  { type: 'rekey', key },
  { type: 'rekeyed', key },
  { type: 'goodbye', reason: 'version', text: 'update' },
];
