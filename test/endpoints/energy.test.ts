/** Energy of trials from the readings of a machine, through the application, to the lab file. */
import { resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createEndpoints } from '../../src/endpoints/create-endpoints.ts';
import type { Application } from '../../src/endpoints/application.ts';
import { parseStudy } from '../../src/protocol/study-file.ts';
import { prepareUserFolder } from '../../src/runtime/prepare-user-folder.ts';
import { readLab } from '../../src/storage/read-lab.ts';
import { WINDOW, asked } from '../support/call-deps.ts';
import { fixtureSources, readFixture } from '../support/fixture-machine.ts';
import { importPoints } from '../support/points-dataset.ts';
import { pointsObjective } from '../support/points-study.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const TRIALS = 4;
/** Interval in which the machine's tools write, in milliseconds. */
const EVERY_MS = 200;

const study = parseStudy(
  {
    format: 'galapagos-study/1',
    name: 'metered',
    objective: pointsObjective(2),
    direction: 'maximize',
    searchSpace: { rate: { type: 'float', low: 0.001, high: 1, log: true } },
    sampler: { name: 'random' },
    stop: { trials: TRIALS },
    devices: ['gpu/0'],
    seed: 3,
  },
  'study',
);

describe('Application: energy of trials', () => {
  const folder = temporaryFolder();
  const home = folder.file('home');
  const machine = fixtureSources(readFixture('nvidia'));
  const telling = setInterval(() => machine.tell(), EVERY_MS);
  let application: Application;

  beforeAll(async () => {
    prepareUserFolder(home);
    await importPoints({ ...folder, path: home });
    application = await createEndpoints({
      resources: resolve('resources'),
      userFolder: home,
      lab: folder.file('lab.db'),
      workers: 1,
      // A worker of the card that computes on the processor: power is read all the same.
      cards: [
        {
          device: { id: 'gpu/0', kind: 'gpu', name: 'card', lanes: 2, memoryBytes: 2 ** 30 },
          conditions: [],
          environment: {},
          command: [],
        },
      ],
      host: 'server',
      version: '0.0.0',
      machine,
    });
  });
  afterAll(async () => {
    clearInterval(telling);
    await application.close();
    machine.folder.remove();
    folder.remove();
  });

  it('is that of the card while their cohort ran, in the lab file and in the export', async () => {
    const { calls, subscriptions } = application.endpoints;
    const feed = subscriptions.telemetry({}, () => undefined, WINDOW);
    const powerIsRead = (): boolean =>
      feed
        .take()
        ?.body.samples.some(({ devices }) => devices.some(({ power }) => power !== null)) === true;
    await expect.poll(powerIsRead).toBe(true);
    feed.close();
    const started = await asked<{ study: string }>(calls, 'startStudy', { study, workers: null });
    const file = folder.file('lab.db');
    const energy = () => {
      const reader = readLab(file);
      try {
        return { of: reader.energy(started.study), state: reader.study(started.study)?.state };
      } finally {
        reader.close();
      }
    };
    await expect.poll(() => energy().state).toBe('finished');
    const { of } = energy();
    expect(of).toMatchObject({ trials: TRIALS, of: TRIALS });
    expect(of?.joules).toBeGreaterThan(0);
    const exported = await asked<{ content: { text: string } }>(calls, 'export', {
      study: started.study,
      what: 'best',
      top: 1,
    });
    expect(JSON.parse(exported.content.text)).toMatchObject({ energy: of });
  });
});
