/** A host and nodes in network namespaces share a dataset over encrypted channels. */
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Bitmap } from '../../../src/node/data/bitmap.ts';
import { FetchedDatasets } from '../../../src/datasets/fetched.ts';
import { datasetsFolder } from '../../../src/datasets/places.ts';
import { DatasetLab } from '../../support/dataset-lab.ts';
import { whyNoBed, whyNoRate } from '../../support/lab-bed.ts';
import { skipIf } from '../../support/platform.ts';

const MEGABYTE = 1e6;

describe('Datasets of a lab in several hosts', () => {
  let lab: DatasetLab | null = null;
  beforeEach((context) => skipIf(whyNoBed, context));
  afterEach(async () => {
    await lab?.close();
    lab = null;
  });

  function expectEqualBytes({ hosts, nodes, content }: DatasetLab): void {
    const original = join(datasetsFolder(hosts.home('h1')), 'content', content);
    for (const { host } of nodes) {
      const fetched = new FetchedDatasets(datasetsFolder(hosts.home(host)));
      expect(fetched.contents()).toContain(content);
      for (const file of ['training', 'test']) {
        const here = readFileSync(join(fetched.folderOf(content) ?? '', file));
        expect(here.equals(readFileSync(join(original, file)))).toBe(true);
      }
      expect(readdirSync(fetched.incoming)).toEqual([]);
    }
  }

  it('lets three nodes fetch it from the host and from each other', async (context) => {
    skipIf(whyNoRate(), context);
    lab = await DatasetLab.make(3, 20 * MEGABYTE);
    for (const host of lab.hosts.bed.hosts) await lab.hosts.bed.rate(host, 100);
    await lab.start();
    await lab.done();
    expectEqualBytes(lab);
    // 20 chunks to each of three nodes.
    expect(lab.sent.length).toBeLessThan(60);
  });

  it('finds a flipped byte and fetches that chunk again', async () => {
    lab = await DatasetLab.make(1, 10 * MEGABYTE);
    await lab.start(4);
    await lab.done();
    expectEqualBytes(lab);
    expect(lab.sent.filter((index) => index === 4)).toHaveLength(2);
  });

  it('resumes after a cut without fetching a verified chunk again', async (context) => {
    skipIf(whyNoRate(), context);
    const cut = await DatasetLab.make(1, 20 * MEGABYTE);
    lab = cut;
    await cut.hosts.bed.rate('h2', 50);
    await cut.start();
    const [node] = cut.nodes;
    await cut.until(() => (node?.states.at(-1)?.bytes ?? 0) > 8 * MEGABYTE);
    await cut.hosts.bed.cut('h2');
    const had = Math.floor((node?.states.at(-1)?.bytes ?? 0) / 2 ** 20);
    const before = cut.sent.length;
    // The length of the cut.
    await new Promise((resolve) => setTimeout(resolve, 7_000));
    await cut.hosts.bed.mend('h2');
    await cut.done();
    expectEqualBytes(cut);
    // What was under way at the cut is sent again, and nothing that was verified.
    expect(new Set(cut.sent.slice(before)).size).toBeLessThanOrEqual(20 - had);
  });

  it('resumes after the node was killed, with the chunks that are on its disk', async (context) => {
    skipIf(whyNoRate(), context);
    const killed = await DatasetLab.make(1, 60 * MEGABYTE);
    lab = killed;
    await killed.hosts.bed.rate('h2', 200);
    await killed.start();
    const [node] = killed.nodes;
    await killed.until(() => (node?.states.at(-1)?.bytes ?? 0) > 45 * MEGABYTE);
    await node?.process.signal('SIGKILL');
    await node?.process.ended;
    const { incoming } = new FetchedDatasets(datasetsFolder(killed.hosts.home('h2')));
    const [tree = ''] = readdirSync(incoming);
    const saved = new Bitmap(58, readFileSync(join(incoming, tree, 'bitmap'))).count;
    expect(saved).toBeGreaterThan(0);
    const before = killed.sent.length;
    killed.startNode('h2');
    await killed.done();
    expectEqualBytes(killed);
    const sent = killed.sent.length - before;
    expect(sent).toBeGreaterThanOrEqual(58 - saved);
    // The requests under way at the kill, at most four, may have been answered after it.
    expect(sent).toBeLessThanOrEqual(58 - saved + 4);
  });
});
