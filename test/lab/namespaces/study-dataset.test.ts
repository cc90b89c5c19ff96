/** A study on an imported dataset whose trials run on a node that did not have it. */
import { writeFileSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { FetchedDatasets } from '../../../src/datasets/fetched.ts';
import { datasetsFolder } from '../../../src/datasets/places.ts';
import { built } from '../../support/built-command.ts';
import { whyNoBed } from '../../support/lab-bed.ts';
import { LabHosts } from '../../support/lab-hosts.ts';
import { skipIf } from '../../support/platform.ts';
import { importPoints } from '../../support/points-dataset.ts';
import { pointsObjective } from '../../support/points-study.ts';

describe('Datasets of a lab: a study on an imported dataset', () => {
  let lab: LabHosts;
  beforeEach(async (context) => {
    skipIf(whyNoBed, context);
    await built();
    lab = await LabHosts.make(2);
  });
  afterEach(async () => {
    if (whyNoBed === null) await lab.close();
  });

  it.each([
    ['has no dataset', false],
    ['has another dataset of the same name', true],
  ])('runs all trials on a node that %s, and fetches it first', async (_, hasAnother) => {
    if (hasAnother) {
      const other = lab.folder.file('other.csv');
      writeFileSync(other, `x,y,label\n${'1,2,a\n3,4,b\n'.repeat(20)}`);
      const args = ['datasets', 'import', other, '--name', 'points', '--label', 'label'];
      expect((await lab.galapagos('h2', args).ended).code).toBe(0);
    }
    const home = lab.home('h1');
    await importPoints({ path: home, file: (name) => `${home}/${name}` });
    const study = lab.folder.file('study.json');
    writeFileSync(
      study,
      JSON.stringify({
        format: 'galapagos-study/1',
        name: 'points',
        objective: pointsObjective(2),
        direction: 'maximize',
        searchSpace: { rate: { type: 'float', low: 0.001, high: 1, log: true } },
        sampler: { name: 'random' },
        stop: { trials: 6 },
        seed: 3,
      }),
    );
    const file = lab.folder.file('lab.db');
    const slots: unknown[] = [];
    const args = ['run', study, '--lab', file, '--workers', '0', '--share', '--json'];
    const run = lab.galapagos('h1', args, (line) => {
      const event = JSON.parse(line) as { event: string; invitation?: string; slot?: string };
      if (event.event === 'shared')
        lab.galapagos('h2', ['node', '--join', event.invitation ?? '', '--workers', '1']);
      if (event.event === 'trialEnded') slots.push(event.slot?.split('/')[0]);
    });
    const { code, stderr } = await run.ended;
    expect(code, stderr).toBe(0);
    expect(slots).toHaveLength(6);
    expect(slots).not.toContain('local');
    const fetched = new FetchedDatasets(datasetsFolder(lab.home('h2'))).fetched();
    expect(fetched).toHaveLength(1);
  });
});
