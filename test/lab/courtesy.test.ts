/** Courtesy of a host to its owner, through a whole lab: real sockets and a real worker process. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { startLab } from '../../src/lab/start-lab.ts';
import { NO_LIMITS } from '../../src/protocol/node-messages.ts';
import { parseStudy, studyOf } from '../../src/protocol/study-file.ts';
import { temporaryFolder, type TemporaryFolder } from '../support/temporary-folder.ts';
import { workerTimes } from '../support/worker-times.ts';

const resources = new URL('../../resources', import.meta.url).pathname;
const SLOT = 'local/cpu/0';
/** The worker is held for longer than the trial takes. */
const study = {
  format: 'galapagos-study/1',
  name: 'held',
  objective: { kind: 'synthetic', function: 'sphere', durationMs: 4_000 },
  direction: 'minimize',
  searchSpace: { x: { type: 'float', low: -1, high: 1 } },
  sampler: { name: 'random' },
  stop: { trials: 1 },
  seed: 3,
};

let folder: TemporaryFolder;
beforeEach(() => {
  folder = temporaryFolder();
});
afterEach(() => folder.remove());

describe('Courtesy: a lab on a machine that its owner uses', () => {
  it('lets the running trial wait while there is input, and finishes it afterwards', async () => {
    let idleMs = 3_600_000;
    let ended = 0;
    let turned: () => void = () => undefined;
    const told = { started: (): void => undefined, held: (): void => undefined };
    let finish: () => void = () => undefined;
    const finished = new Promise<void>((resolve) => (finish = resolve));
    const started = new Promise<void>((resolve) => (told.started = resolve));
    const held = new Promise<void>((resolve) => (told.held = resolve));
    const outcomes: string[] = [];
    const lab = await startLab({
      file: folder.file('lab.db'),
      resources,
      userFolder: folder.path,
      options: { strict: true, ...(await workerTimes()) },
      use: {
        idle: { read: () => Promise.resolve({ source: 'test', idleMs }), stop: () => undefined },
        loads: { read: () => Promise.resolve(new Map()), stop: () => undefined },
      },
      listener: {
        show: (_, change) => {
          if (change.kind === 'trialStarted') told.started();
          if (change.kind !== 'trialEnded') return;
          ended += 1;
          outcomes.push(`${change.outcome} ${change.attempt?.attemptNumber ?? 0}`);
        },
        showLab: (change) => {
          if (change.kind === 'nodeHeld' && change.held.includes(SLOT)) told.held();
        },
        finished: () => finish(),
        fatal: (error) => {
          throw error;
        },
        workerExited: () => undefined,
        turned: () => turned(),
      },
    });
    try {
      lab.startWorkers({ count: 1 });
      await lab.courtesy.limit({ ...NO_LIMITS, whenIdle: true });
      const { spec, limits } = studyOf(parseStudy(study, 'study'));
      lab.coordinator.createStudy('held', spec, limits);
      await started;
      idleMs = 300;
      await held;
      expect(lab.courtesy.state).toMatchObject({ slots: [SLOT], held: { reason: 'input' } });
      const before = ended;
      const [slot] = lab.coordinator.lab.slots.values();
      expect([slot?.session === null, slot?.heldSince === null]).toEqual([false, false]);
      // The worker beats while it is held: its session would end without.
      const until = (slot?.beats ?? 0) + 12;
      await new Promise<void>((resolve) => {
        turned = () => {
          if ((slot?.beats ?? 0) >= until) resolve();
        };
      });
      expect(ended).toBe(before);
      idleMs = 3_600_000;
      await finished;
      expect(outcomes).toEqual(['succeeded 1']);
    } finally {
      await lab.close();
    }
  });
});
