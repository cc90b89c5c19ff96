/** Tests trials that other programs enqueue in the lab file while the coordinator runs. */
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { InvalidInput } from '../../src/core/errors.ts';
import { StorageError } from '../../src/storage/errors.ts';
import { memoryLab } from '../../src/storage/memory.ts';
import type { MemoryLab } from '../../src/storage/memory.ts';
import { openLab } from '../../src/storage/sqlite.ts';
import { CoordinatorWorld, limits, spec, until } from '../support/coordinator-world.ts';
import { missingPython } from '../support/peer-python.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

describe('Coordinator: trials that other programs enqueue', () => {
  let lab: MemoryLab;
  let here: CoordinatorWorld;
  beforeEach(async () => {
    lab = memoryLab();
    here = new CoordinatorWorld(lab);
    await here.open();
    here.coordinator.createStudy('uid', spec, { ...limits, trials: 2 });
    here.coordinator.settle();
  });
  afterEach(() => here.coordinator.close());

  const size = (): number => here.coordinator.lab.studies.get('uid')!.columns.size;
  const point = (study = 'uid'): unknown =>
    here.coordinator.lab.studies.get(study)!.open.get(0)?.params;

  it('takes the next number with the given parameters, and evaluates them', async () => {
    lab.enqueueElsewhere('uid', { x: 0.25 });
    here.coordinator.takeEnqueued();
    expect(point()).toEqual(Float64Array.of(0.25));
    here.hello();
    const { lanes } = await here.cohort();
    expect(lanes[0]?.params).toEqual(Float64Array.of(0.25));
  });

  it('draws parameters that are not given, the same for the same seed and number', () => {
    lab.enqueueElsewhere('uid', {});
    here.coordinator.takeEnqueued();
    const drawn = point();
    expect(drawn).toHaveLength(1);
    here.coordinator.createStudy('again', { ...spec, name: 'again' }, limits);
    here.coordinator.settle();
    lab.enqueueElsewhere('again', {});
    here.coordinator.takeEnqueued();
    expect(point('again')).toEqual(drawn);
  });

  it('refuses what the study cannot try, with the reason, and goes on with the next', () => {
    const rows = [{ x: 2 }, { y: 1 }, 'x', { x: 0.5 }, { x: 0.5 }].map((params) =>
      lab.enqueueElsewhere('uid', params),
    );
    here.coordinator.takeEnqueued();
    expect(size()).toBe(1);
    expect(rows.map((row) => lab.refusedElsewhere.get(row) ?? null)).toEqual([
      expect.stringContaining('a number from 0 to 1'),
      expect.stringContaining('a parameter of the search space'),
      expect.stringContaining('"x"'),
      null,
      'trial 0 has the same parameters',
    ]);
  });

  it('reports each refused point once, after its refusal is stored', () => {
    lab.enqueueElsewhere('uid', { x: 2 });
    here.storage.failure = new StorageError('io', 'lab.db', 'the disk does not answer');
    here.coordinator.takeEnqueued();
    expect(here.refused).toEqual([]);
    here.storage.failure = null;
    here.coordinator.takeEnqueued();
    here.coordinator.takeEnqueued();
    const reason = expect.stringContaining('a number from 0 to 1') as string;
    expect(here.refused).toEqual([{ point: '{"x":2}', reason }]);
  });

  it('waits while its study is paused or at its limit', () => {
    here.coordinator.command({ type: 'studyPaused', study: 'uid', graceMs: 0 });
    here.coordinator.settle();
    for (const x of [0.1, 0.2, 0.3]) lab.enqueueElsewhere('uid', { x });
    here.coordinator.takeEnqueued();
    expect(size()).toBe(0);
    here.coordinator.command({ type: 'studyResumed', study: 'uid' });
    here.coordinator.settle();
    here.coordinator.takeEnqueued();
    expect(size()).toBe(2);
    const edited = { ...limits, trials: 3 };
    here.coordinator.command({ type: 'studyEdited', study: 'uid', limits: edited });
    here.coordinator.settle();
    here.coordinator.takeEnqueued();
    expect(size()).toBe(3);
  });

  it('are taken when a lab opens, before the sampler is asked', async () => {
    await here.coordinator.close();
    lab.enqueueElsewhere('uid', { x: 0.75 });
    here = new CoordinatorWorld(memoryLab(lab));
    await here.open();
    here.hello();
    expect((await here.cohort()).lanes[0]?.params).toEqual(Float64Array.of(0.75));
  });

  it('are taken as soon as their study runs again, before the sampler is asked', async () => {
    const edit = (trials: number): void => {
      const edited = { ...limits, trials };
      here.coordinator.command({ type: 'studyEdited', study: 'uid', limits: edited });
    };
    edit(1);
    here.hello();
    here.succeed(await here.cohort());
    await until(() => here.finished !== null);
    lab.enqueueElsewhere('uid', { x: 0.375 });
    here.coordinator.takeEnqueued();
    expect(size()).toBe(1);
    edit(2);
    here.coordinator.settle();
    const { open } = here.coordinator.lab.studies.get('uid')!;
    expect(open.get(1)?.params).toEqual(Float64Array.of(0.375));
  });

  it('do not stop the lab when the file cannot be read for a while', () => {
    here.storage.failure = new StorageError('io', 'lab.db', 'the disk does not answer');
    lab.enqueueElsewhere('uid', { x: 0.5 });
    here.coordinator.takeEnqueued();
    here.storage.failure = null;
    expect([here.fatal, size()]).toEqual([null, 0]);
    here.coordinator.takeEnqueued();
    expect(size()).toBe(1);
  });

  it('accept a point of the window in the same way', () => {
    expect(here.coordinator.enqueue('uid', { x: 0.5 })).toBeNull();
    expect(here.coordinator.enqueue('uid', { x: 0.5 })?.reason).toBe('duplicate-trial');
    expect(() => here.coordinator.enqueue('uid', { x: 2 })).toThrow(InvalidInput);
    expect(here.coordinator.enqueue('none', {})?.reason).toBe('unknown-study');
  });
});

const missing = missingPython('optuna');
describe('Coordinator: trials that Optuna enqueues', () => {
  it('are evaluated, and are complete for Optuna, with all their parameters', async ({ skip }) => {
    skip(missing !== null, missing ?? '');
    const python = async (script: string): Promise<string> => {
      const all = `import optuna, sys, json
study = optuna.load_study(study_name="sphere", storage="sqlite:///" + sys.argv[1])
${script}`;
      const program = process.env['GALAPAGOS_PEER_PYTHON'] ?? '';
      return (await promisify(execFile)(program, ['-c', all, file])).stdout.trim();
    };
    const folder = temporaryFolder();
    const file = folder.file('lab.db');
    const here = new CoordinatorWorld(openLab(file, { create: true }));
    try {
      await here.open();
      here.coordinator.createStudy('uid', { ...spec, name: 'sphere' }, limits);
      here.coordinator.settle();
      await python('study.enqueue_trial({"x": 0.125}); study.enqueue_trial({"x": 9})');
      here.coordinator.takeEnqueued();
      here.hello();
      here.succeed(await here.cohort());
      await until(() => here.finished !== null);
      expect(
        JSON.parse(
          await python(
            'print(json.dumps([[t.state.name, t.params, t.values] for t in study.trials]))',
          ),
        ),
      ).toEqual([
        ['COMPLETE', { x: 0.125 }, [0.5]],
        // Beyond the limit of one trial, it waits.
        ['WAITING', {}, null],
      ]);
    } finally {
      await here.coordinator.close();
      here.storage.close();
      folder.remove();
    }
  });
});
