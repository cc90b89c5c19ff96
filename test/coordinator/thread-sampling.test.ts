/**
 * Tests samplers that run in a thread: they propose the same trials as on the event loop, whatever
 * the thread does.
 */
import { Worker } from 'node:worker_threads';
import fc from 'fast-check';
import { afterEach, describe, expect, it } from 'vitest';
import { startSamplerThread, ThreadSampling } from '../../src/coordinator/thread-sampling.ts';
import { createSampler, samplers } from '../../src/core/samplers/create-sampler.ts';
import type { SamplerSpec } from '../../src/core/samplers/sampler.ts';
import * as scheduling from '../../src/core/scheduling/index.ts';
import type { Event, LabState } from '../../src/core/scheduling/index.ts';
import type { StudySpec } from '../../src/core/study/study-spec.ts';
import { CoordinatorWorld, limits, spec, until } from '../support/coordinator-world.ts';
import { LabDriver, NO_LIMITS, STUDY } from '../support/lab-driver.ts';
import { ManualTimer } from '../support/manual-timer.ts';

const studySpec = (sampler: SamplerSpec, seed: number): StudySpec => ({
  ...spec,
  seed,
  sampler,
  searchSpace: {
    x: { type: 'float', low: 0, high: 1 },
    k: { type: 'int', low: 1, high: 9 },
    mode: { type: 'categorical', choices: ['a', 'b'] },
  },
});

/** Settings with which a sampler leaves its initial trials early. */
const settings: Readonly<Record<string, Readonly<Record<string, number>>>> = {
  evolution: { initial: 3, population: 3 },
  grid: { divisions: 4 },
};

/** Closes of the threads and coordinators that a test started. */
const opened: { close(): Promise<void> }[] = [];
afterEach(async () => {
  await Promise.all(opened.splice(0).map((one) => one.close()));
});

/** A driver that answers every ask twice: inline, which counts, and by the thread. */
function doubleDriver(sampler: StudySpec, pieceRows: number) {
  const inline: Event[] = [];
  const fromThread: Event[] = [];
  let sampling: ThreadSampling | null = null;
  const answerAsk = (lab: LabState, ask: scheduling.Ask, at: number) => {
    if (sampling === null) {
      sampling = new ThreadSampling(
        lab,
        () => 0,
        (event) => void fromThread.push(event),
        { pieceRows },
      );
      opened.push(sampling);
    }
    sampling.ask(ask);
    const answer = scheduling.answerAsk(lab, ask, at);
    inline.push({ ...answer, at: 0 });
    return answer;
  };
  const driver = new LabDriver({
    machine: { ...scheduling, answerAsk },
    scheduler: {
      samplerFor: ({ sampler: named, searchSpace, direction, seed }) =>
        createSampler(named, searchSpace, direction, seed),
    },
  });
  driver.open();
  driver.send({ type: 'studyCreated', uid: STUDY, spec: sampler, limits: NO_LIMITS });
  return { driver, inline, fromThread };
}

/** Answers in order of the first trial number that they propose. */
const inFirstOrder = (events: readonly Event[]): Event[] =>
  [...events].sort((a, b) => ('first' in a && 'first' in b ? a.first - b.first : 0));

describe('Sampling in a thread: proposals', () => {
  it.each(samplers.map(({ name }) => name))(
    'of %s are those of the event loop, with results, failures and enqueued trials in any order',
    async (name) => {
      const act = fc.record({ slot: fc.nat(3), kind: fc.nat(9), value: fc.nat(1_000) });
      // Small pieces are still being copied while the study continues.
      const pieces = fc.constantFrom(1, 3, 4096);
      await fc.assert(
        fc.asyncProperty(
          fc.array(act, { maxLength: 80 }),
          fc.nat(),
          pieces,
          async (acts, seed, rows) => {
            const sampler = { name, ...settings[name] };
            const { driver, inline, fromThread } = doubleDriver(studySpec(sampler, seed), rows);
            const slots = [0, 1, 2, 3].map((n) => `local/cpu/${n}`);
            for (const slot of slots) driver.hello(slot);
            for (const { slot, kind, value } of acts) {
              const [attempt] = driver.given(slots[slot]!);
              if (kind === 0) {
                const params = Float64Array.of(value / 1_000, 1 + (value % 9), value % 2);
                driver.send({ type: 'trialEnqueued', study: STUDY, params });
              } else if (attempt !== undefined && kind === 1)
                driver.result(attempt, { outcome: 'diverged' });
              else if (attempt !== undefined) driver.result(attempt, { value: value / 1_000 });
            }
            expect(inline.length).toBeGreaterThan(0);
            await until(() => fromThread.length === inline.length);
            // Copies in pieces may be overtaken by copies for later asks.
            expect(inFirstOrder(fromThread)).toEqual(inFirstOrder(inline));
          },
        ),
        { numRuns: 5 },
      );
    },
  );
});

/** A coordinator that asks samplers in threads, and answers every cohort with success. */
async function threadWorld(options: {
  readonly start?: () => Worker;
  readonly timer?: ManualTimer;
}): Promise<CoordinatorWorld> {
  const here = new CoordinatorWorld();
  await here.open({ sampling: { always: 'thread', ...options } });
  opened.push(here.coordinator);
  return here;
}

/** Answers cohorts until the study has finished. */
async function work(here: CoordinatorWorld): Promise<void> {
  let answered = 0;
  await until(() => {
    for (const task of here.tasks.slice(answered)) if (task.type === 'cohort') here.succeed(task);
    answered = here.tasks.length;
    return here.finished !== null;
  });
}

/** Parameters of the proposals written, by number. */
const proposalsOf = (here: CoordinatorWorld): readonly unknown[] =>
  here.storage.written.flatMap((write) => (write.op === 'proposal' ? [write.params] : []));

const TRIALS = { ...limits, trials: 12 };
const STUCK = 'for (;;);';

async function inlineProposals(): Promise<readonly unknown[]> {
  const here = new CoordinatorWorld();
  await here.open();
  opened.push(here.coordinator);
  here.coordinator.createStudy('uid', spec, TRIALS);
  here.hello();
  await work(here);
  return proposalsOf(here);
}

describe('Sampling in a thread: its faults', () => {
  it('repeats the ask in a new thread when a thread dies, with the same trials', async () => {
    const threads: Worker[] = [];
    const start = (): Worker => {
      const thread = startSamplerThread();
      threads.push(thread);
      // The first thread dies before its answer, the second after it.
      if (threads.length === 1) void thread.terminate();
      if (threads.length === 2) thread.once('message', () => void thread.terminate());
      return thread;
    };
    const here = await threadWorld({ start });
    here.coordinator.createStudy('uid', spec, TRIALS);
    here.hello();
    await work(here);
    expect(threads.length).toBeGreaterThanOrEqual(3);
    expect(proposalsOf(here)).toEqual(await inlineProposals());
  });

  it('repeats the ask in a new thread when a thread stands still', async () => {
    const timer = new ManualTimer();
    let starts = 0;
    const start = (): Worker => {
      starts += 1;
      return starts === 1 ? new Worker(STUCK, { eval: true }) : startSamplerThread();
    };
    const here = await threadWorld({ start, timer });
    here.coordinator.createStudy('uid', spec, TRIALS);
    here.hello();
    await until(() => starts === 1 && timer.pending === 1);
    timer.advance(120_000);
    await work(here);
    expect(starts).toBe(2);
    expect(timer.pending).toBe(0);
    expect(proposalsOf(here)).toEqual(await inlineProposals());
  });

  it('pauses the study with the reason when three threads in turn give no answer', async () => {
    let starts = 0;
    const start = (): Worker => {
      starts += 1;
      return new Worker('throw new Error("no memory")', { eval: true });
    };
    const here = await threadWorld({ start });
    here.coordinator.createStudy('uid', spec, TRIALS);
    here.hello();
    const study = here.coordinator.lab.studies.get.bind(here.coordinator.lab.studies);
    await until(() => study('uid')?.state === 'paused');
    expect(study('uid')?.reason).toBe(
      'the sampler failed: no answer from its thread in 3 attempts: no memory',
    );
    expect(starts).toBe(3);
  });
});

describe('Sampling in a thread: stale answers', () => {
  it('are dropped after a pause, and the study continues when it is resumed', async () => {
    let starts = 0;
    const start = (): Worker => {
      starts += 1;
      return starts === 1 ? new Worker(STUCK, { eval: true }) : startSamplerThread();
    };
    const here = await threadWorld({ start });
    const { coordinator } = here;
    coordinator.createStudy('uid', spec, TRIALS);
    here.hello();
    await until(() => starts === 1);
    coordinator.command({ type: 'studyPaused', study: 'uid', graceMs: 0 });
    await until(() => coordinator.lab.studies.get('uid')?.state === 'paused');
    coordinator.command({ type: 'studyResumed', study: 'uid' });
    await work(here);
    expect(proposalsOf(here)).toEqual(await inlineProposals());
  });

  it('do not end the thread of a study that was paused and resumed in one turn', async () => {
    const here = await threadWorld({});
    const { coordinator } = here;
    coordinator.createStudy('uid', spec, TRIALS);
    here.hello();
    await until(() => coordinator.lab.studies.get('uid')?.asking?.first === 0);
    coordinator.command({ type: 'studyPaused', study: 'uid', graceMs: 0 });
    coordinator.command({ type: 'studyResumed', study: 'uid' });
    await work(here);
    expect(proposalsOf(here)).toEqual(await inlineProposals());
  });

  it('are dropped when an enqueued trial took the number, and the sampler is asked anew', async () => {
    const here = await threadWorld({});
    const { coordinator } = here;
    coordinator.createStudy('uid', spec, TRIALS);
    here.hello();
    await until(() => coordinator.lab.studies.get('uid')?.asking?.first === 0);
    const params = Float64Array.of(0.5);
    expect(coordinator.decide({ type: 'trialEnqueued', study: 'uid', params })).toBeNull();
    await work(here);
    expect(coordinator.lab.refusals.count('staleProposal')).toBe(1);
    expect(proposalsOf(here)).toHaveLength(12);
    expect(proposalsOf(here)[0]).toEqual(params);
  });

  it('open no trial beyond a limit that was lowered meanwhile', async () => {
    const here = await threadWorld({});
    const { coordinator } = here;
    coordinator.createStudy('uid', spec, TRIALS);
    here.hello();
    await until(() => coordinator.lab.studies.get('uid')?.asking?.first === 0);
    const lowered = { ...limits, trials: 1 };
    expect(coordinator.decide({ type: 'studyEdited', study: 'uid', limits: lowered })).toBeNull();
    await work(here);
    expect(proposalsOf(here)).toHaveLength(1);
  });

  it('open no trial after the study was stopped', async () => {
    const here = await threadWorld({});
    const { coordinator } = here;
    coordinator.createStudy('uid', spec, TRIALS);
    here.hello();
    await until(() => coordinator.lab.studies.get('uid')?.asking?.first === 0);
    expect(coordinator.decide({ type: 'studyStopped', study: 'uid', graceMs: 0 })).toBeNull();
    await until(() => here.finished !== null);
    expect(proposalsOf(here)).toEqual([]);
  });
});

describe('Sampling in a thread: extension', () => {
  it('continues a finished study with the trials that the event loop would propose', async () => {
    const here = await threadWorld({});
    here.coordinator.createStudy('uid', spec, { ...limits, trials: 5 });
    here.hello();
    await work(here);
    here.finished = null;
    const command = { study: 'uid', limits: TRIALS } as const;
    expect(here.coordinator.decide({ type: 'studyEdited', ...command })).toBeNull();
    expect(here.coordinator.decide({ type: 'studyResumed', study: 'uid' })).toBeNull();
    await work(here);
    expect(proposalsOf(here)).toEqual(await inlineProposals());
  });
});
