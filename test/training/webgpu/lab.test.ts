/**
 * A whole lab whose only worker with work is that of a card: real sockets, processes and kernels.
 */
import { afterAll, expect, it } from 'vitest';
import type { Change } from '../../../src/core/scheduling/index.ts';
import { startLab } from '../../../src/lab/start-lab.ts';
import { parseStudy, studyOf } from '../../../src/protocol/study-file.ts';
import { ADAPTER_VARIABLE } from '../../../src/runtime/gpu/adapters.ts';
import { findCards } from '../../../src/studies/find-cards.ts';
import { importPoints } from '../../support/points-dataset.ts';
import { studyOnCard } from '../../support/points-study.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';
import { workerTimes } from '../../support/worker-times.ts';
import { whereGpu } from './software-gpu.ts';

const CARD = 'local/gpu/0/0';
const TRIALS = 64;

const study = studyOnCard({ trials: TRIALS, epochs: 2 });

whereGpu('GPU: a lab', () => {
  const folder = temporaryFolder();
  afterAll(() => folder.remove());

  it('trains cohorts of sixteen on the card, leaves the core idle, and loses nothing when the worker is killed and the card disappears', async () => {
    await importPoints(folder);
    const cards = await findCards({ userFolder: folder.path, env: process.env });
    expect(cards.map(({ device }) => [device.id, device.lanes])).toEqual([['gpu/0', 16]]);
    // The worker that follows the killed one does not find the card, the next one does.
    const adapters = ['SwiftShader', 'a card that is gone', 'SwiftShader'];
    let started = 0;
    const appearing = cards.map((card) => ({
      ...card,
      get environment() {
        const adapter = adapters[started++] ?? 'SwiftShader';
        return { ...card.environment, [ADAPTER_VARIABLE]: adapter };
      },
    }));
    const ended: Extract<Change, { kind: 'trialEnded' }>[] = [];
    const sizes = new Set<number>();
    let killed = 0;
    let over: (error?: Error) => void = () => undefined;
    const finished = new Promise<void>(
      (resolve, reject) => (over = (error) => (error === undefined ? resolve() : reject(error))),
    );
    const lab = await startLab({
      file: folder.file('lab.db'),
      resources: new URL('../../../resources', import.meta.url).pathname,
      userFolder: folder.path,
      options: { strict: true, ...(await workerTimes()) },
      listener: {
        show: (_, change) => {
          if (change.kind === 'trialEnded') ended.push(change);
          for (const { attempts } of lab.coordinator.lab.slots.get(CARD)?.cohorts ?? [])
            sizes.add(attempts.length);
          const worker = lab.workers.find(({ slot }) => slot === CARD);
          if (change.kind === 'trialStarted' && ended.length > 0 && killed === 0 && worker) {
            killed += 1;
            process.kill(worker.pid, 'SIGKILL');
          }
        },
        showLab: () => undefined,
        finished: () => over(),
        fatal: (error) => over(error),
        workerExited: () => undefined,
      },
    });
    try {
      const { spec, limits } = studyOf(parseStudy(study, 'study'));
      expect(lab.startWorkers({ count: 1, cards: appearing })).toEqual(['local/cpu/0', CARD]);
      lab.coordinator.createStudy('study', spec, limits);
      await finished;
    } finally {
      await lab.close();
    }
    expect(killed).toBe(1);
    expect(started).toBeGreaterThanOrEqual(3);
    expect(Math.max(...sizes)).toBe(16);
    expect(new Set(ended.map(({ number }) => number)).size).toBe(TRIALS);
    expect(ended).toHaveLength(TRIALS);
    expect(new Set(ended.map(({ outcome }) => outcome))).toEqual(new Set(['succeeded']));
    expect(ended.every(({ result }) => result?.executor?.startsWith('webgpu:') === true)).toBe(
      true,
    );
    expect(ended.every(({ result }) => (result?.lanesWanted ?? 0) >= 1)).toBe(true);
  });
});
