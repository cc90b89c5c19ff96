import { afterEach, describe, expect, it } from 'vitest';
import { systemClock } from '../../src/coordinator/clock.ts';
import { Coordinator } from '../../src/coordinator/coordinator.ts';
import { describeStudy, removeStudy } from '../../src/studies/describe-study.ts';
import { memoryLab } from '../../src/storage/memory.ts';
import { InProcessCoordinator } from '../../src/transport/in-process.ts';
import { limits, spec } from '../support/lab-writes.ts';

/** A user folder without files of studies. */
const NO_FILES = '/nonexistent/galapagos';

let coordinator: Coordinator;
afterEach(() => coordinator.close());

/** A lab with a study and one that confirms it, both paused. */
async function open(): Promise<void> {
  coordinator = await Coordinator.open({
    storage: memoryLab(),
    transport: new InProcessCoordinator(),
    clock: systemClock(),
    host: { spawn: () => undefined, kill: () => undefined },
    listener: {
      show: () => undefined,
      showLab: () => undefined,
      finished: () => undefined,
      fatal: (error) => {
        throw error;
      },
    },
  });
  const objective = {
    kind: 'train',
    dataset: 'mnist',
    network: 'mlp',
    settings: {
      batch: 32,
      epochs: 1,
      optimizer: { type: 'sgd', learningRate: 0.1 },
      validation: 0.1,
    },
    metric: 'accuracy',
    selectOn: 'validation',
  };
  coordinator.createStudy('original', { ...spec, name: 'original', objective }, limits);
  const confirms = { study: 'original', trials: [0] };
  coordinator.createStudy(
    'confirmation',
    { ...spec, name: 'confirmation', objective: { ...objective, confirms } },
    limits,
  );
  coordinator.createStudy('other', { ...spec, name: 'other' }, limits);
  coordinator.settle();
}

const studies = (): unknown =>
  Object.fromEntries(
    [...coordinator.lab.studies.values()].map(({ uid, deleted }) => [
      uid,
      deleted ? 'deleted' : 'there',
    ]),
  );

const change = (uid: string, deleted: boolean): void =>
  describeStudy(coordinator, uid, { deleted }, new Set());

describe('Lab: a study and its confirmations', () => {
  it('deletes, restores and removes a study together with those that confirm it', async () => {
    await open();
    for (const study of ['original', 'confirmation'])
      coordinator.decide({ type: 'studyPaused', study, graceMs: 0 });
    change('original', true);
    expect(studies()).toEqual({ original: 'deleted', confirmation: 'deleted', other: 'there' });
    change('original', false);
    expect(studies()).toEqual({ original: 'there', confirmation: 'there', other: 'there' });
    change('original', true);
    await removeStudy(coordinator, 'original', NO_FILES);
    expect(studies()).toEqual({ other: 'there' });
  });

  it('refuses to delete a study while one that confirms it runs, and changes neither', async () => {
    await open();
    coordinator.decide({ type: 'studyPaused', study: 'original', graceMs: 0 });
    expect(() => change('original', true)).toThrow(
      'confirmation, which confirms the study, is running',
    );
    expect(studies()).toEqual({ original: 'there', confirmation: 'there', other: 'there' });
  });

  it('stops removing when the lab is closed meanwhile', async () => {
    await open();
    coordinator.decide({ type: 'studyPaused', study: 'other', graceMs: 0 });
    change('other', true);
    await coordinator.close();
    await expect(removeStudy(coordinator, 'other', NO_FILES)).rejects.toMatchObject({
      code: 'no-lab',
    });
  });
});
