/** Tests which nodes a host tells to fetch the code of programs, and which code a node takes. */
import { describe, expect, it } from 'vitest';
import { HostDatasets } from '../../../src/node/data/host-datasets.ts';
import type { JoinedNode, WantedDataset } from '../../../src/node/data/host-datasets.ts';
import type { ToNode } from '../../../src/protocol/node-messages.ts';
import { NodeDatasets } from '../../../src/node/data/node-datasets.ts';
import type { DataReport } from '../../../src/protocol/node-messages.ts';
import { ManualTimer } from '../../support/manual-timer.ts';
import { MemoryStore, memoryTree } from '../../support/memory-datasets.ts';

const DATASET: WantedDataset = { content: 'd'.repeat(64), name: 'cifar-10' };
const CODE: WantedDataset = {
  content: 'c'.repeat(64),
  name: 'code of mine',
  programs: [{ command: 'sh', folder: '.' }],
};

function node(id: string, version: number): JoinedNode {
  return { id, version, key: '0f'.repeat(32), name: id, has: [], serves: null };
}

/** Names of the contents that each node was told last. */
class Host {
  readonly told = new Map<string, readonly string[]>();
  readonly datasets = new HostDatasets({
    timer: new ManualTimer(),
    open: ({ content }) => Promise.resolve(memoryTree(2, content.charCodeAt(0))),
    send: (to: string, message: ToNode) => {
      if (message.type === 'fetch')
        this.told.set(
          to,
          message.fetch.map(({ name }) => name),
        );
    },
    failed: ({ name }, reason) => {
      throw new Error(`${name}: ${reason}`);
    },
  });
}

describe('Code of programs: orders to nodes', () => {
  it('go to nodes of version 2 of the protocol and not to earlier ones, which refuse them', async () => {
    const { told, datasets } = new Host();
    datasets.joined(node('nearlier', 1));
    datasets.joined(node('nlater', 2));
    await datasets.want([DATASET, CODE]);
    expect(told.get('nearlier')).toEqual(['cifar-10']);
    expect(told.get('nlater')).toEqual(['cifar-10', 'code of mine']);
    expect(datasets.orders(1)).toEqual([{ ...DATASET, tree: expect.any(String) as string }]);
    expect(datasets.untold('nearlier')).toEqual([CODE]);
    expect(datasets.untold('nlater')).toEqual([]);
    datasets.close();
  });

  it('name imports of scripts to nodes of version 3 only, because earlier ones refuse the field', async () => {
    const { datasets } = new Host();
    const known = { command: 'python3', folder: '.', python: '/venv' };
    await datasets.want([{ ...CODE, programs: [{ ...known, imports: ['torch'] }] }]);
    expect(datasets.orders(3)[0]?.programs).toEqual([{ ...known, imports: ['torch'] }]);
    expect(datasets.orders(2)[0]?.programs).toEqual([known]);
    datasets.close();
  });

  it('name the programs of a study that starts later with the same code', async () => {
    const { datasets } = new Host();
    await datasets.want([CODE]);
    const programs = [...(CODE.programs ?? []), { command: 'python3', folder: '.' }];
    await datasets.want([{ ...CODE, programs }]);
    expect(datasets.orders(2)).toMatchObject([{ content: CODE.content, programs }]);
    datasets.close();
  });
});

/** Has no programs but `sh`, until more are installed. */
class Store extends MemoryStore {
  readonly programs = new Set(['sh']);
  readonly #accepted = new Set<string>();

  override contents(): readonly string[] {
    return super.contents().filter((content) => this.#accepted.has(content));
  }

  refusal({ content, programs = [] }: WantedDataset): string | null {
    const missing = programs.find(({ command }) => !this.programs.has(command));
    if (missing === undefined) this.#accepted.add(content);
    else this.#accepted.delete(content);
    return missing === undefined ? null : `no ${missing.command}`;
  }
}

describe('Code of programs: at a node', () => {
  it('is refused again when a study needs a program that is missing, until it is installed', async () => {
    const timer = new ManualTimer();
    const store = new Store();
    const { manifest, data } = memoryTree(2, 1);
    store.stored.set(CODE.content, { manifest, data });
    const reports: Pick<DataReport, 'state' | 'error'>[] = [];
    const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
    const node = new NodeDatasets({
      store,
      timer,
      report: ({ state, error }) => reports.push({ state, error }),
      connect: () => {
        throw new Error('nothing is fetched');
      },
      admit: () => undefined,
    });
    const order = { ...CODE, tree: manifest.tree };
    node.want([order]);
    await settled();
    node.want([{ ...order, programs: [...(CODE.programs ?? []), { command: 'R', folder: '.' }] }]);
    await settled();
    expect(node.has()).toEqual([]);
    store.programs.add('R');
    timer.advance(60_000);
    await settled();
    expect(node.has()).toEqual([CODE.content]);
    expect(reports).toEqual([
      { state: 'had', error: null },
      { state: 'failed', error: 'no R' },
      { state: 'had', error: null },
    ]);
    await node.close();
  });
});
