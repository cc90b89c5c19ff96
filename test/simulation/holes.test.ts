/**
 * Faults that a model checker of the state machine had found, each as a scenario that holds and
 * that fails when its rule is broken. `mutants.test.ts` covers acknowledging or sending before the
 * commit, adopting lost attempts, and repeated results.
 */
import { describe, expect } from 'vitest';
import * as scheduling from '../../src/core/scheduling/index.ts';
import { LabRecord } from '../../src/core/simulation/lab-record.ts';
import { SimulatedWorker } from '../../src/core/simulation/simulated-worker.ts';
import type { Task, ControlMessage } from '../../src/core/simulation/simulated-worker.ts';
import type { Machine } from '../support/adversarial-world.ts';
import { testRules } from '../support/broken-rules.ts';
import type { BrokenRule } from '../support/broken-rules.ts';
import { id, LabDriver, only, STUDY, writes } from '../support/lab-driver.ts';
import { HALVING } from '../support/model-study.ts';
import { loadMutant, loadMutantWorker } from '../support/mutants.ts';
import type { WorkerClass } from '../support/mutants.ts';

const SLOT = 'far/cpu/0';

function running(
  machine: Machine,
  options: { trials?: number; target?: number; generation?: number } = {},
): LabDriver {
  const { trials = 4, target = null, generation } = options;
  const sampler = generation === undefined ? {} : { sampler: { synchronous: true, generation } };
  const driver = new LabDriver({ machine, ...sampler });
  driver.open();
  driver.create({ trials, target });
  driver.hello(SLOT);
  return driver;
}

/** Trial 0 has finished with 0.5 after 1, and a pruner has stopped trial 1 at 3. */
function stopped(machine: Machine): LabDriver {
  const driver = new LabDriver({ machine });
  driver.open();
  const pruner = { name: 'median', startup: 1 };
  const pruning = { ...HALVING, pruner, length: 2 };
  driver.create({ trials: 4 }, STUDY, { pruning });
  driver.hello(SLOT, { lanes: 2 });
  const report = (number: number, value: number): void => {
    const attempt = id(number);
    const event = { type: 'report', slot: SLOT, incarnation: '1.1', attempt } as const;
    driver.send({ ...event, report: { step: 0, value } });
  };
  report(0, 1);
  driver.result(id(0), { value: 0.5, reports: [{ step: 1, value: 0.5 }] });
  report(1, 3);
  return driver;
}

/** The same lab, opened again from its file. */
function restartedLab(machine: Machine, { said }: LabDriver): LabDriver {
  const record = new LabRecord();
  for (const instruction of said)
    if (instruction.do === 'persist') record.commit(instruction.writes);
  const driver = new LabDriver({ machine });
  driver.open(2, record.snapshot());
  return driver;
}

/** A stopped trial's worker, after a restart of the lab, is told to stop it again. */
function isCancelledAgain(machine: Machine): void {
  const driver = restartedLab(machine, stopped(machine));
  const said = driver.hello(SLOT, { holding: [id(1)] });
  expect(only(said, 'sendCancel')).toMatchObject([{ attempt: id(1), reason: 'pruned' }]);
}

const schedulers: BrokenRule<Machine>[] = [
  {
    rule: '1 · however often sessions end, no trial fails of it: only a death seen by the supervisor counts',
    broken: {
      file: 'scheduling/outcomes.ts',
      from: '  writeAttemptEnd(lab, attempt, outcome, null, detail);\n  goBack(lab, attempt);\n',
      to: `  writeAttemptEnd(lab, attempt, outcome, null, detail);
  trial.deaths += 1;
  if (trial.deaths >= 16) return endTrial(lab, trial, { state: 'failed', outcome: 'deadly', value: NaN, attempt, result: null });
  goBack(lab, attempt);\n`,
    },
    scenario(machine) {
      const driver = running(machine);
      for (let i = 0; i < 40; i++) driver.hello(SLOT);
      expect(driver.study().columns.ended).toBe(0);
    },
  },
  {
    rule: '2 · a cancelled attempt spends its credit until it is settled, so that a worker never holds three cohorts',
    broken: {
      file: 'scheduling/attempts.ts',
      from: "return state === 'open' || state === 'recalled' || state === 'revoked';",
      to: "return state === 'open' || state === 'recalled';",
    },
    scenario(machine) {
      const driver = running(machine);
      const said = driver.send({ type: 'trialCancelled', study: 'study', number: 0 });
      expect(only(said, 'sendCohort')).toEqual([]);
      expect(only(driver.result(id(0), { outcome: 'cancelled' }), 'sendCohort')).toHaveLength(1);
    },
  },
  {
    rule: '5 · a kept attempt that is missing from the first beat of its session ends the session',
    broken: {
      file: 'scheduling/liveness.ts',
      from: 'if (cohort.taskSeq > taskSeq) return false;',
      to: 'if (cohort.taskSeq > taskSeq || cohort.kept) return false;',
    },
    scenario(machine) {
      const driver = running(machine);
      driver.hello(SLOT, { holding: [id(0)] });
      const said = driver.beat(SLOT, { holding: [], taskSeq: 0 });
      expect(only(said, 'sendGoodbye')).toMatchObject([{ reason: 'unheld' }]);
      expect(driver.trial(0).state).toBe('waiting');
    },
  },
  {
    rule: '6 · the result cancelled of an open attempt is acknowledged, and the attempt lost without count',
    broken: {
      file: 'scheduling/results.ts',
      from: "    lose(lab, attempt, 'cancelled by its worker');\n",
      to: '',
    },
    scenario(machine) {
      const driver = running(machine);
      const said = driver.result(id(0), { outcome: 'cancelled' });
      expect(only(said, 'sendAck')).toMatchObject([{ attempt: id(0) }]);
      expect(writes(said, 'attemptEnded')).toMatchObject([{ outcome: 'lost' }]);
      expect(writes(said, 'trialBack')).toMatchObject([{ crashes: 0, deaths: 0 }]);
    },
  },
  {
    rule: '7 · a target in a synchronous study cuts at the end of the hit’s block, so that its list is not by arrival',
    broken: {
      file: 'scheduling/stop-rules.ts',
      from: 'if (study.sampler.barrier !== null) setLimit(lab, study, wantedLimit(study));\n    else if',
      to: 'if',
    },
    scenario(machine) {
      const driver = running(machine, { trials: 100, target: 0, generation: 2 });
      driver.result(id(1), { value: 0 });
      expect(driver.study()).toMatchObject({ state: 'running', limit: 2 });
      driver.result(id(0), { value: 5 });
      expect(driver.study()).toMatchObject({ state: 'finished', reason: 'target' });
    },
  },
  {
    rule: 'a trial that a pruner has stopped never waits again: when its worker is lost, it has ended',
    broken: {
      file: 'scheduling/back.ts',
      from: '  if (trial.verdict !== null) {',
      to: '  if (trial.verdict !== null && lab.now < 0) {',
    },
    scenario(machine) {
      const driver = stopped(machine);
      driver.hello(SLOT);
      expect(driver.study().columns.state(1)).toBe('pruned');
    },
  },
  {
    rule: 'a result that was under way when a pruner stopped its trial counts',
    broken: {
      file: 'scheduling/results.ts',
      from: "  if (attempt.state === 'revoked') {",
      to: "  if (attempt.state === 'revoked' || attempt.trial.verdict !== null) {\n    attempt.state = 'revoked';",
    },
    scenario(machine) {
      const driver = stopped(machine);
      driver.result(id(1), { value: 0.25 });
      expect(driver.study().columns.state(1)).toBe('complete');
    },
  },
  {
    rule: 'a verdict outlives a restart: an adopted attempt is cancelled again',
    broken: {
      file: 'scheduling/resume.ts',
      from: '  trial.verdict = stored.verdict ?? null;',
      to: '',
    },
    scenario: isCancelledAgain,
  },
  {
    rule: 'a verdict outlives a restart, the cancel does not: the worker that holds the trial is told again',
    broken: {
      file: 'scheduling/sessions.ts',
      from: "if (attempt.state === 'open' && attempt.trial.verdict !== null) recall(",
      to: "if (attempt.state === 'open' && lab.now < 0) recall(",
    },
    scenario: isCancelledAgain,
  },
  {
    rule: 'samplers are told the value that a stopped trial was expected to reach, after a restart too',
    broken: {
      file: 'scheduling/resume.ts',
      from: "told: state === 'pruned' ? (trial.verdict?.expected ?? end.value) : end.value,",
      to: 'told: end.value,',
    },
    scenario(machine) {
      const before = stopped(machine);
      before.result(id(1), { outcome: 'pruned', ms: 5 });
      const { columns } = restartedLab(machine, before).study();
      expect(columns.value(1)).toBe(before.study().columns.value(1));
    },
  },
];

const WELCOME: ControlMessage = {
  do: 'sendWelcome',
  slot: SLOT,
  incarnation: '1.1',
  helloNo: 1,
  session: '1.1',
  keep: [],
};
const CANCEL: ControlMessage = {
  do: 'sendCancel',
  slot: SLOT,
  session: '1.1',
  attempt: id(0),
  reason: 'paused',
};
const lanes = [{ attempt: id(0), params: Float64Array.of(1) }];
const TASK: Task = {
  do: 'sendCohort',
  slot: SLOT,
  session: '1.1',
  taskSeq: 1,
  cohort: '1.1',
  study: 'study',
  shape: null,
  lanes,
  deadlineMs: null,
};

function welcomed(Worker: WorkerClass): SimulatedWorker {
  const worker = new Worker(SLOT, '1.1', { device: 'cpu', lanes: 1, memoryBytes: 1 });
  worker.hello();
  worker.listen(WELCOME);
  return worker;
}

const workers: BrokenRule<WorkerClass>[] = [
  {
    rule: '3 · a welcome said again, after tasks have come, clears nothing',
    broken: {
      file: 'simulation/simulated-worker.ts',
      from: ' || session === this.session)',
      to: ')',
    },
    scenario(Worker) {
      const worker = welcomed(Worker);
      worker.take(TASK);
      worker.listen(WELCOME);
      expect(worker.holding.map(({ attempt }) => attempt)).toEqual([id(0)]);
      expect(worker.taskSeq).toBe(1);
    },
  },
  {
    rule: '4 · a cancel that overtakes its task is remembered, and the task answered at once',
    broken: {
      file: 'simulation/simulated-worker.ts',
      from: 'this.#early.add(nameOf(attempt));',
      to: ';',
    },
    scenario(Worker) {
      const worker = welcomed(Worker);
      worker.listen(CANCEL);
      expect(worker.take(TASK).say).toMatchObject([
        { attempt: id(0), result: { outcome: 'cancelled' } },
      ]);
      expect(worker.running()).toEqual([]);
    },
  },
];

describe('Scheduler: rules found by model checking', () => {
  testRules(schedulers, scheduling, loadMutant);
  testRules(workers, SimulatedWorker, loadMutantWorker);
});
