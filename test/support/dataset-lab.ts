/**
 * A host and nodes in network namespaces that share one dataset of random bytes. The processes are
 * `dataset-lab-process.ts`.
 */
import { createHash, randomFillSync } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { datasetsFolder } from '../../src/datasets/places.ts';
import { contentOf } from '../../src/datasets/import/store-imported.ts';
import { splitDescription } from '../../src/datasets/import/arrange.ts';
import { recordPath } from '../../src/datasets/store.ts';
import { compiledScript } from './compiled-script.ts';
import type { HostName, HostProcess } from './lab-bed.ts';
import { LabHosts } from './lab-hosts.ts';
import { newKeys } from './shared-lab.ts';
import type {
  DatasetEvent,
  DatasetHostSettings,
  DatasetNodeSettings,
} from './dataset-lab-process.ts';

const builtEntries = fileURLToPath(new URL('../../out/main/', import.meta.url));
const DATASET_LAB = 'GALAPAGOS_DATASET_LAB';
export const DATASET_NAME = 'pictures';
/** Values of one sample. */
const VALUES = 1000;
const CLASSES = 2;

/** Writes a dataset of about `bytes` random bytes as an import does. @returns its content */
export function writeDataset(userFolder: string, bytes: number): string {
  const folder = datasetsFolder(userFolder);
  const [training, test] = [Math.ceil((0.9 * bytes) / (VALUES + 1)), Math.ceil(bytes / 10_010)];
  const split = (samples: number): { file: Buffer; sha256: string; perClass: number[] } => {
    const file = Buffer.alloc(samples * (VALUES + 1));
    randomFillSync(file);
    const labels = file.subarray(samples * VALUES);
    const perClass = [0, 0];
    labels.forEach((byte, i) => {
      labels[i] = byte % CLASSES;
      perClass[byte % CLASSES] = (perClass[byte % CLASSES] ?? 0) + 1;
    });
    const form = { shape: [VALUES], sampleType: 'u8', classes: CLASSES, targets: 0, samples };
    const hash = createHash('sha256').update(splitDescription(form)).update(file);
    return { file, sha256: hash.digest('hex'), perClass };
  };
  const [first, second] = [split(training), split(test)];
  const description = {
    shape: [VALUES],
    sampleType: 'u8',
    classNames: ['a', 'b'],
    targets: 0,
    training: { samples: training, sha256: first.sha256, perClass: first.perClass },
    test: { samples: test, sha256: second.sha256, perClass: second.perClass },
  } as const;
  const { manifest, sha256: content } = contentOf(description);
  const place = join(folder, 'content', content);
  for (const path of [place, join(folder, 'names')]) mkdirSync(path, { recursive: true });
  writeFileSync(join(place, 'manifest.json'), manifest);
  writeFileSync(join(place, 'training'), first.file);
  writeFileSync(join(place, 'test'), second.file);
  const record = {
    format: 'galapagos-dataset/1',
    name: DATASET_NAME,
    content,
    ...description,
    drawn: null,
    statistics: { mean: [0.5], deviation: [0.25] },
    source: { path: 'made', kind: 'test', again: null },
    notes: [],
    imported: '2026-01-01T00:00:00.000Z',
  };
  writeFileSync(recordPath(folder, DATASET_NAME), JSON.stringify(record));
  return content;
}

type State = Extract<DatasetEvent, { event: 'state' }>;

export interface LabNode {
  readonly host: HostName;
  readonly states: State[];
  process: HostProcess;
}

export class DatasetLab {
  readonly hosts: LabHosts;
  readonly content: string;
  readonly nodes: LabNode[] = [];
  /** Chunks that the host sent, in order. */
  readonly sent: number[] = [];
  readonly #keys = newKeys();
  readonly #nodeKeys = new Map<HostName, ReturnType<typeof newKeys>>();
  readonly #script = compiledScript('dataset-lab-process.ts');
  readonly #waiting = new Set<() => void>();

  private constructor(hosts: LabHosts, content: string) {
    this.hosts = hosts;
    this.content = content;
  }

  static async make(nodes: number, bytes: number): Promise<DatasetLab> {
    const hosts = await LabHosts.make(nodes + 1);
    return new DatasetLab(hosts, writeDataset(hosts.home('h1'), bytes));
  }

  /** Starts the host and all nodes, which begin together. @param flips chunk sent wrongly once */
  async start(flips?: number): Promise<void> {
    const [, ...names] = this.hosts.bed.hosts;
    for (const name of names) this.#nodeKeys.set(name, newKeys());
    let listening: () => void = () => undefined;
    const listens = new Promise<void>((resolve) => (listening = resolve));
    const settings: DatasetHostSettings = {
      role: 'host',
      keys: this.#keys,
      nodes: names.map((name) => ({ node: idOf(name), key: this.#keysOf(name).publicKey })),
      folder: datasetsFolder(this.hosts.home('h1')),
      content: this.content,
      startAt: names.length,
      ...(flips === undefined ? {} : { flips }),
    };
    this.#run('h1', settings, (event) => {
      if (event.event === 'listening') listening();
      if (event.event === 'sent') this.sent.push(event.index);
    });
    await listens;
    for (const name of names) this.startNode(name);
  }

  /** Starts a node, perhaps again. */
  startNode(name: HostName): void {
    const settings: DatasetNodeSettings = {
      role: 'node',
      node: idOf(name),
      keys: this.#keysOf(name),
      hostKey: this.#keys.publicKey,
      host: this.hosts.bed.address('h1'),
      address: this.hosts.bed.address(name),
      folder: datasetsFolder(this.hosts.home(name)),
    };
    const states: State[] = this.nodes.find(({ host }) => host === name)?.states ?? [];
    const process = this.#run(name, settings, (event) => {
      if (event.event === 'state') states.push(event);
    });
    const known = this.nodes.find(({ host }) => host === name);
    if (known === undefined) this.nodes.push({ host: name, states, process });
    else known.process = process;
  }

  /** Resolves when a condition holds, which is checked after each event. */
  until(holds: () => boolean): Promise<void> {
    return new Promise((resolve) => {
      const check = (): void => {
        if (!holds()) return;
        this.#waiting.delete(check);
        resolve();
      };
      this.#waiting.add(check);
      check();
    });
  }

  /** Resolves when every node has the dataset. */
  async done(): Promise<void> {
    await this.until(() => this.nodes.every(({ states }) => states.at(-1)?.state === 'had'));
  }

  close(): Promise<void> {
    return this.hosts.close();
  }

  #keysOf(name: HostName): ReturnType<typeof newKeys> {
    const keys = this.#nodeKeys.get(name);
    if (keys === undefined) throw new Error(`no node ${name}`);
    return keys;
  }

  #run(
    name: HostName,
    settings: DatasetHostSettings | DatasetNodeSettings,
    take: (event: DatasetEvent) => void,
  ): HostProcess {
    const started = this.hosts.bed.start(name, [process.execPath, this.#script], {
      // The compiled script does not lie beside the sources of the door's thread.
      env: { [DATASET_LAB]: JSON.stringify(settings), GALAPAGOS_BUILT_ENTRIES: builtEntries },
      line: (text) => {
        take(JSON.parse(text) as DatasetEvent);
        for (const check of [...this.#waiting]) check();
      },
    });
    void started.ended.then(({ stderr }) => {
      if (stderr !== '') process.stderr.write(stderr);
    });
    return started;
  }
}

/** Ids of nodes have ten characters behind the `n`. */
function idOf(name: HostName): string {
  return `n${name.padEnd(10, 'a')}`;
}
