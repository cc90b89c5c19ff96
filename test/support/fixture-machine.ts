/**
 * Machines as fixtures in `test/fixtures/devices`: the files of the kernel, the output of tools and
 * the answers of drivers, in the formats that the program reads on a real machine.
 */
import { readFileSync, readdirSync, mkdirSync, symlinkSync, existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { z } from 'zod';
import { cardAccess } from '../../src/node/devices/card-access.ts';
import type { MachineFacts } from '../../src/node/devices/assess.ts';
import { choosePin } from '../../src/node/devices/choose-pin.ts';
import { parsePartitions } from '../../src/node/devices/partitions.ts';
import { watchDevices } from '../../src/node/devices/watch-devices.ts';
import type { DeviceWatch } from '../../src/node/devices/watch-devices.ts';
import { parseInventory } from '../../src/node/machine/machine.ts';
import { watchUtilisation } from '../../src/node/machine/utilisation.ts';
import type { Utilisation, UtilisationSources } from '../../src/node/machine/utilisation.ts';
import type { NodeInventory } from '../../src/protocol/window/telemetry.ts';
import { fakeSmi } from './fake-smi.ts';
import { writeTree } from './file-tree.ts';
import { ManualTimer } from './manual-timer.ts';
import { temporaryFolder } from './temporary-folder.ts';
import type { TemporaryFolder } from './temporary-folder.ts';

const FOLDER = join(import.meta.dirname, '../fixtures/devices');

const fixture = z.strictObject({
  about: z.string(),
  platform: z.enum(['linux', 'win32', 'darwin']),
  /** Content by path below `/`. */
  files: z.record(z.string(), z.string()),
  /** Targets of symbolic links by path below `/`. */
  links: z.record(z.string(), z.string()).default({}),
  /** Device files that this user may not open. */
  denied: z.array(z.string()).default([]),
  /** Lines of `nvidia-smi --query-gpu`, or its last words; absent: there is no nvidia-smi. */
  nvidiaSmi: z
    .union([z.array(z.string()), z.strictObject({ code: z.int(), words: z.string() })])
    .nullable()
    .default(null),
  /** Output of `nvidia-smi -L`. */
  nvidiaSmiList: z.string().default(''),
  /** Lines of the child process that takes the inventory. */
  inventory: z.array(z.record(z.string(), z.unknown())),
  adapters: z.strictObject({
    adapters: z.array(
      z.strictObject({ backend: z.string(), name: z.string(), software: z.boolean() }),
    ),
    reason: z.string().optional(),
    remedy: z.string().optional(),
  }),
  /** Value of `CUDA_VISIBLE_DEVICES`. */
  visibleDevices: z.string().optional(),
  selectLayer: z.boolean().default(false),
  /** Reason why device files cannot be hidden from a process; null: they can. */
  namespaces: z.string().nullable().default('this system refuses user namespaces'),
  /** Ways that restrict a process to one of the cards of a model; others use the first of them. */
  restricts: z.array(z.enum(['layer', 'hidden'])).default([]),
  tensorflow: z
    .union([
      z.strictObject({
        state: z.literal('works'),
        version: z.string(),
        cuda: z.boolean(),
        findsCard: z.boolean(),
      }),
      z.strictObject({ state: z.enum(['absent', 'broken']), reason: z.string() }),
    ])
    .default({ state: 'absent', reason: 'not installed' }),
});
export type FixtureMachine = z.output<typeof fixture>;

export const fixtureMachines: readonly string[] = readdirSync(FOLDER)
  .filter((file) => file.endsWith('.json'))
  .map((file) => file.replace(/\.json$/, ''));

export function readFixture(name: string): FixtureMachine {
  return fixture.parse(JSON.parse(readFileSync(join(FOLDER, `${name}.json`), 'utf8')));
}

/** Path of the text that `galapagos devices` prints on the machine. */
export function expectedText(name: string): string {
  return join(FOLDER, `${name}.txt`);
}

export interface RunningFixture {
  readonly watch: DeviceWatch;
  readonly utilisation: Utilisation;
  readonly timer: ManualTimer;
  /** Writes files of the kernel; a card is added by its folder on the bus. */
  write(files: Readonly<Record<string, string>>): void;
  path(...parts: string[]): string;
  /** Lets a second pass until the next sample. */
  second(): Promise<void>;
  /** Number of looks at the machine. */
  readonly looks: () => number;
  stop(): Promise<void>;
}

/** The machine as the program's sources see it. */
export interface FixtureSources {
  readonly sources: Partial<UtilisationSources>;
  readonly look: (cards: NodeInventory['devices']) => Promise<MachineFacts>;
  /** Number of looks at the machine. */
  readonly looks: () => number;
  readonly folder: TemporaryFolder;
  /** Makes the running tools write once more, as they do every second. */
  readonly tell: () => void;
}

export function fixtureSources(machine: FixtureMachine): FixtureSources {
  const folder = temporaryFolder();
  const { platform, files, links, nvidiaSmi } = machine;
  writeTree(folder.path, { 'proc/stat': stat(0, 100), ...files });
  for (const [path, target] of Object.entries(links)) {
    mkdirSync(dirname(folder.file(path)), { recursive: true });
    symlinkSync(target, folder.file(path));
  }
  const smi = fakeSmi();
  let looks = 0;
  let told = 0;
  const inventory = machine.inventory.map((line) => JSON.stringify(line)).join('\n');
  const endAsRecorded = (): void => {
    const child = smi.started.at(-1);
    if (nvidiaSmi === null) {
      // None of the places where it is looked for has it.
      child?.emit('error', Object.assign(new Error('ENOENT'), { code: 'ENOENT' }));
      child?.end(null);
    } else if (!Array.isArray(nvidiaSmi)) {
      child?.write(`${nvidiaSmi.words}\n`);
      child?.end(nvidiaSmi.code);
    }
  };
  return {
    sources: {
      platform,
      sys: folder.file('sys'),
      proc: folder.file('proc'),
      startSmi: (file, args) => {
        const child = smi.start(file, args);
        // After its reader listens.
        queueMicrotask(endAsRecorded);
        return child;
      },
      inventory: () => Promise.resolve(parseInventory(inventory, 'the inventory ended early')),
    },
    look: (cards) => {
      looks += 1;
      return factsOf(machine, cards, folder.path);
    },
    looks: () => looks,
    folder,
    tell() {
      told += 1;
      writeTree(folder.path, { 'proc/stat': stat(25 * told, 100 + 100 * told) });
      if (Array.isArray(nvidiaSmi))
        for (const line of nvidiaSmi) smi.started.at(-1)?.write(`${line}\n`);
    },
  };
}

/** Starts the program's own sources on the machine, on a virtual clock. */
export async function startFixture(machine: FixtureMachine): Promise<RunningFixture> {
  const { sources, look, looks, folder, tell } = fixtureSources(machine);
  const timer = new ManualTimer();
  let sampled: () => void = () => undefined;
  const utilisation = watchUtilisation({
    node: 'local',
    onSample: () => sampled(),
    sources: { ...sources, timer, wallClock: () => 1_700_000_000_000 + timer.now() },
  });
  const watch = watchDevices({
    utilisation,
    look,
    tellApart: ({ cards }, facts) =>
      choosePin(cards, facts, ({ device }, way) => {
        const used = machine.restricts.includes(way) ? device : cards[0]?.device;
        return Promise.resolve({ device: used ?? device });
      }),
    platform: machine.platform,
    timer,
  });
  await watch.ready;
  const second = async (): Promise<void> => {
    tell();
    const next = new Promise<void>((resolve) => (sampled = resolve));
    timer.advance(1000);
    await next;
  };
  await second();
  return {
    watch,
    utilisation,
    timer,
    write: (more) => writeTree(folder.path, more),
    path: (...parts) => join(folder.path, ...parts),
    second,
    looks,
    async stop() {
      await utilisation.stop();
      folder.remove();
    },
  };
}

function stat(busy: number, total: number): string {
  return `cpu  0\ncpu0 ${busy} 0 0 ${total - busy} 0 0 0 0 0 0\n`;
}

async function factsOf(
  {
    adapters,
    nvidiaSmiList,
    selectLayer,
    namespaces,
    tensorflow,
    denied,
    platform,
    visibleDevices,
  }: FixtureMachine,
  cards: NodeInventory['devices'],
  root: string,
): Promise<MachineFacts> {
  const dev = join(root, 'dev');
  const check = (path: string): Promise<void> => {
    if (!existsSync(path))
      return Promise.reject(Object.assign(new Error(path), { code: 'ENOENT' }));
    return denied.some((each) => join(root, each) === path)
      ? Promise.reject(Object.assign(new Error(path), { code: 'EACCES' }))
      : Promise.resolve();
  };
  const files = { sys: join(root, 'sys'), proc: join(root, 'proc'), dev, check };
  const access: MachineFacts['access'] = new Map(
    await Promise.all(
      cards.flatMap(({ address }) =>
        address === null || platform !== 'linux'
          ? []
          : [
              cardAccess(address, files).then((found) => {
                if (found === null) throw new Error(`${address} is not on the bus`);
                const { refused } = found;
                const path = refused?.path.slice(root.length) ?? '';
                return [
                  address,
                  {
                    ...found,
                    refused: refused === null ? null : { ...refused, path },
                    files: found.files.map((file) => file.slice(root.length)),
                  },
                ] as const;
              }),
            ],
      ),
    ),
  );
  const { reason, remedy } = adapters;
  return {
    adapters: {
      adapters: adapters.adapters,
      ...(reason === undefined ? {} : { reason }),
      ...(remedy === undefined ? {} : { remedy }),
    },
    access,
    visibleDevices,
    partitions: parsePartitions(nvidiaSmiList),
    ways: { selectLayer, namespaces },
    processor: [
      { name: 'wasm', usable: true, label: 'wasm-fma' },
      {
        name: 'tensorflow',
        usable: false,
        reason: 'not installed',
        remedy: 'galapagos backend install tensorflow',
      },
    ],
    tensorflow,
  };
}
