/** Text of the machines and settings pages. */
import { count } from '../format.ts';
import { list, many } from './words.ts';

export const machines = {
  title: 'Machines',
  lead: ({ machines, workers }: { machines: number; workers: number }) =>
    `${many(machines, 'machine')}, ${many(workers, 'worker')}`,
  thisMachine: 'this machine',
  reading: 'Reading the hardware of this machine.',
  system: 'System',
  processor: 'CPU',
  cores: 'Cores',
  coresText: ({ cores }: { cores: number }) => `${count(cores)} usable`,
  memory: 'Memory',
  devices: 'Devices',
  noCards: 'No GPU was found.',
  card: (card: { driver: string | null; address: string | null; memory: string | null }) =>
    [
      ...(card.memory === null ? [] : [card.memory]),
      ...(card.driver === null ? [] : [`driver ${card.driver}`]),
      ...(card.address === null ? [] : [`at ${card.address}`]),
    ].join(', '),
  twins: ({
    others,
    pin,
    failed,
  }: {
    others: readonly string[];
    pin: string | null;
    failed: readonly string[];
  }) =>
    pin === 'layer'
      ? `Same model as ${list(others)}. Mesa’s device-select layer restricts each worker to one GPU.`
      : pin === 'hidden'
        ? `Same model as ${list(others)}. Each worker sees the device files of one GPU only.`
        : `Same model as ${list(others)}, which WebGPU cannot tell apart: one worker uses one of them${failed.length === 0 ? '' : ` (${failed.join('; ')})`}.`,
  partitions: ({ names }: { names: readonly string[] }) =>
    `Divided by MIG into ${list(names)}. A worker uses the first instance.`,
  userFolder: 'User folder',
  workers: 'Workers',
  noWorkers: 'No worker yet.',
  process: 'Process',
  state: 'State',
  use: 'Use',
  drainWorker: 'Disable',
  resumeWorker: 'Enable',
  drainWorkerName: ({ name }: { name: string }) => `Disable ${name}`,
  resumeWorkerName: ({ name }: { name: string }) => `Enable ${name}`,
};

export const settings = {
  title: 'Settings',
  lab: 'Lab',
  labFile: 'Lab file',
  openOther: 'Open another lab',
  data: 'Data',
  showDatasets: 'Show the datasets',
  version: 'Galapagos',
  versionText: ({ version, host }: { version: string; host: 'electron' | 'server' }) =>
    `version ${version}, ${host === 'electron' ? 'desktop app' : 'in this browser'}`,
  appearance: 'Appearance',
  theme: 'Colours of the window',
  themes: { system: 'System', light: 'Light', dark: 'Dark' },
  notifications: 'Notifications',
  notificationsText: 'Shows a notification when a study ends while this page is not in front.',
  notificationsRefused:
    'This browser does not allow notifications from this page. Allow them in its site settings.',
  on: 'On',
  off: 'Off',
  ended: ({ name }: { name: string }) => `${name} has ended`,
  endedBody: ({ ended, best }: { ended: number; best: string | null }) =>
    `${many(ended, 'trial')}${best === null ? '' : `, best ${best}`}`,
  network:
    'Galapagos works offline: training, datasets and results stay on this machine, and on the machines that you admit to its lab.',
};
