/**
 * Audits: evaluations of ended trials on another node. Each rule is a scenario that holds, and that
 * fails when the rule is broken on purpose; simulated labs show that audits change no result.
 */
import { describe, expect, it } from 'vitest';
import * as scheduling from '../../src/core/scheduling/index.ts';
import { violations } from '../../src/core/scheduling/invariants.ts';
import { LabRecord } from '../../src/core/simulation/lab-record.ts';
import { simulate } from '../../src/core/simulation/index.ts';
import type { SimulationOptions, SimulationReport } from '../../src/core/simulation/index.ts';
import type { Machine } from '../support/adversarial-world.ts';
import { testRules } from '../support/broken-rules.ts';
import type { BrokenRule } from '../support/broken-rules.ts';
import { size } from '../support/effort.ts';
import { id, LabDriver, only, STUDY, writes } from '../support/lab-driver.ts';
import { loadMutant } from '../support/mutants.ts';

const TRIALS = 100;
const [A, B, C] = ['na/cpu/0', 'nb/cpu/0', 'nc/cpu/0'] as const;

/** Two nodes and a study that has every nth trial evaluated again; both nodes have a trial. */
function two(machine: Machine, trials = 2, audit = 1): LabDriver {
  const driver = new LabDriver({
    machine,
    scheduler: { queueBelowMs: 0, stragglers: false },
    sampler: { synchronous: true, generation: 0 },
  });
  driver.open();
  driver.join('na', 1);
  driver.join('nb', 1);
  driver.create({ trials }, STUDY, { audit });
  driver.hello(A);
  driver.hello(B);
  return driver;
}

/** As `two`, with a third node that joins once both trials have ended. */
function three(machine: Machine): LabDriver {
  const driver = two(machine, 3);
  driver.join('nc', 1);
  driver.hello(C);
  return driver;
}

const rules: readonly BrokenRule<Machine>[] = [
  {
    rule: 'an audit is not charged and does not change its trial',
    broken: {
      file: 'scheduling/results.ts',
      from: 'if (attempt.audit === null) accept(lab, attempt, event.result);\n  else auditResult',
      to: 'accept(lab, attempt, event.result);\n  if (attempt.audit !== null) auditResult',
    },
    scenario(machine) {
      const driver = two(machine);
      driver.result(id(1), { value: 5 });
      driver.result(id(0), { value: 4 });
      driver.result(id(1, 2), { value: 7 });
      const { columns } = driver.study();
      expect([columns.ended, columns.value(0), columns.value(1)]).toEqual([2, 4, 5]);
      expect(writes(driver.said, 'trialEnded')).toHaveLength(2);
    },
  },
  {
    rule: 'an audit runs on another node than the one that gave the value',
    broken: {
      file: 'scheduling/audits.ts',
      from: 'without: new Set([node]),',
      to: 'without: new Set(),',
    },
    scenario(machine) {
      const driver = two(machine);
      driver.result(id(1));
      expect(driver.slot(B).cohorts).toEqual([]);
      driver.result(id(0));
      expect(driver.given(A)).toEqual([id(1, 2)]);
    },
  },
  {
    rule: 'an audit is taken back for a trial that waits',
    broken: {
      file: 'scheduling/audit-dispatch.ts',
      from: "return isWanted(lab, slot) ? 'a trial waits' : null;",
      to: 'return null;',
    },
    scenario(machine) {
      const driver = two(machine);
      driver.result(id(0));
      driver.result(id(1));
      const audits = [id(0, 2), id(1, 2)];
      expect([...driver.given(A), ...driver.given(B)].sort(byNumber)).toEqual(audits);
      const said = driver.create({ trials: 1 }, 'other');
      expect(only(said, 'sendCancel')).toHaveLength(2);
      for (const audit of audits) driver.result(audit, { outcome: 'cancelled' });
      expect(driver.trial(0, 'other').state).toBe('running');
      expect(driver.study().columns.ended).toBe(2);
    },
  },
  {
    rule: 'a study waits for audits that can run, and for no others',
    broken: {
      file: 'scheduling/audit-dispatch.ts',
      from: 'if (!mayAudit(lab, audit, group)) continue;',
      to: '',
    },
    scenario(machine) {
      const driver = two(machine);
      driver.result(id(0));
      driver.result(id(1));
      expect(driver.study().state).toBe('running');
      driver.send({ type: 'nodeRemoved', node: 'nb' });
      driver.result(id(1, 2));
      expect(driver.study().state).toBe('finished');
    },
  },
  {
    rule: 'audits of a study that pauses are taken back',
    broken: {
      file: 'scheduling/audit-dispatch.ts',
      from: "if (study.state !== 'running') return study.state;",
      to: '',
    },
    scenario(machine) {
      const driver = two(machine);
      driver.result(id(0));
      driver.result(id(1));
      const said = driver.send({ type: 'studyPaused', study: STUDY, graceMs: 60_000 });
      expect(only(said, 'sendCancel')).toHaveLength(2);
      expect(driver.study().state).toBe('paused');
    },
  },
  {
    rule: 'the node that gave a value which two others contradict is blamed, and no other',
    broken: {
      file: 'scheduling/audit-verdicts.ts',
      from: 'if (same) blame(lab, contradiction.node, audit, contradiction.node);',
      to: 'if (same) blame(lab, audit.node, audit, contradiction.node);',
    },
    scenario(machine) {
      const driver = three(machine);
      // nb answers wrongly, here to an audit of na's trial; nc agrees with na.
      answerAll(driver, ({ node, number }) => (node === 'nb' ? 100 + number : number));
      expect(driver.node('na').mismatches).toEqual([]);
      expect(driver.node('nb').mismatches.length).toBeGreaterThan(0);
      expect(driver.node('nc').mismatches).toEqual([]);
    },
  },
  {
    rule: 'three contradicted values pause the node that gave them',
    broken: {
      file: 'scheduling/audit-verdicts.ts',
      from: "  node.modes.user = 'paused';\n",
      to: '',
    },
    scenario(machine) {
      const driver = three(machine);
      driver.send({
        type: 'studyEdited',
        study: STUDY,
        limits: { trials: 12, activeMs: null, target: null },
      });
      answerAll(driver, ({ node, number }) => (node === 'nb' ? 100 + number : number));
      expect(driver.node('nb')).toMatchObject({ mode: 'paused', modeBy: 'user' });
      expect(driver.node('nb').mismatches.length).toBeGreaterThanOrEqual(3);
      const change = { node: 'nb', graceMs: 0, by: 'user' } as const;
      driver.send({ type: 'nodeMode', mode: 'open', ...change });
      expect(driver.node('nb').mismatches).toEqual([]);
    },
  },
  {
    rule: 'an audit goes on after a restart of the coordinator, on a node that gave no value',
    broken: {
      file: 'scheduling/resume.ts',
      from: 'restoreAudits(lab, study, stored.audits, audited);',
      to: '',
    },
    scenario(machine) {
      const before = two(machine);
      before.result(id(0), { value: 4 });
      before.result(id(1), { value: 5 });
      expect(before.given(B)).toEqual([id(0, 2)]);
      const driver = restart(machine, before, ['na', 'nb']);
      expect(driver.given(B)).toEqual([id(0, 3)]);
      expect(driver.given(A)).toEqual([id(1, 3)]);
      driver.result(id(0, 3), { value: 4 });
      driver.result(id(1, 3), { value: 5 });
      expect(writes(driver.said, 'auditEnded').map(({ verdict }) => verdict)).toEqual([
        'same',
        'same',
      ]);
      expect(driver.study().state).toBe('finished');
    },
  },
  {
    rule: 'a study waits 30 s after a restart for nodes that can audit its trials, and no longer',
    broken: {
      file: 'scheduling/audit-dispatch.ts',
      from: '&& lab.adoptionEnds === null',
      to: '',
    },
    scenario(machine) {
      const before = two(machine);
      before.result(id(0));
      before.result(id(1));
      const driver = restart(machine, before, []);
      driver.pass(29_000);
      expect(driver.study().state).toBe('running');
      driver.pass(2_000);
      expect(driver.study().state).toBe('finished');
    },
  },
  {
    rule: 'a third node decides between two values that differed before a restart',
    broken: {
      file: 'scheduling/restore-audits.ts',
      from: 'contradiction: found ?? null,',
      to: 'contradiction: null,',
    },
    scenario(machine) {
      const before = three(machine);
      before.result(id(2), { value: 6 });
      before.result(id(1), { value: 5 });
      before.result(id(0), { value: 4 });
      // nb gives a wrong value when it evaluates a trial again.
      const [wrong] = before.given(B);
      if (wrong === undefined) throw new Error('nb audits no trial');
      before.result(wrong, { value: 100 });
      const driver = restart(machine, before, ['na', 'nb', 'nc']);
      answerAll(driver, ({ number }) => 4 + number);
      expect(driver.node('nb').mismatches).toMatchObject([{ found: 100, by: 'nb' }]);
      expect([...driver.node('na').mismatches, ...driver.node('nc').mismatches]).toEqual([]);
    },
  },
  {
    rule: 'the trials that are drawn after a restart are those that would be drawn without it',
    broken: {
      file: 'scheduling/restore-audits.ts',
      from: "if (outcome === 'succeeded' || outcome === 'diverged') count += 1;",
      to: '',
    },
    scenario(machine) {
      /** Places in the order of completion of the trials that are drawn. */
      const drawn = (restartAfter: number): number[] => {
        let driver = two(machine, TRIALS, 5);
        const found: number[] = [];
        for (let ends = 0; ends < TRIALS;) {
          if (ends === restartAfter) driver = restart(machine, driver, ['na', 'nb']);
          const [attempt] = [...driver.given(A), ...driver.given(B)];
          if (attempt === undefined) throw new Error(`no trial runs after ${ends}`);
          const said = driver.result(attempt);
          ends += writes(said, 'trialEnded').length;
          if (writes(said, 'auditDue').length > 0) found.push(ends);
        }
        return found;
      };
      expect(drawn(Infinity)).toHaveLength(TRIALS / 5);
      for (const restartAfter of [7, 50]) expect(drawn(restartAfter)).toEqual(drawn(Infinity));
    },
  },
  {
    rule: 'values of different arithmetic agree within one per cent, of equal arithmetic if equal',
    broken: {
      file: 'scheduling/audit-arithmetic.ts',
      from: 'return !alike && difference',
      to: 'return difference',
    },
    scenario(machine) {
      const verdictOf = (executors: readonly string[], value: number): string | null => {
        const driver = two(machine, 1);
        driver.result(id(0), { value: 1, executor: executors[0] ?? '' });
        driver.result(id(0, 2), { value, executor: executors[1] ?? '' });
        return writes(driver.said, 'auditEnded').at(-1)?.verdict ?? null;
      };
      expect(verdictOf(['wasm', 'webgpu:tiles'], 1.009)).toBe('same');
      expect(verdictOf(['wasm', 'webgpu:tiles'], 1.02)).toBe('differs');
      expect(verdictOf(['wasm', 'wasm'], 1)).toBe('same');
      expect(verdictOf(['wasm', 'wasm'], 1.000_001)).toBe('differs');
    },
  },
];

/** Kills the coordinator of a lab, and opens another of the same nodes. */
function restart(machine: Machine, before: LabDriver, nodes: readonly string[]): LabDriver {
  const record = new LabRecord();
  record.open();
  record.commit(only(before.said, 'persist').flatMap((persist) => persist.writes));
  const driver = new LabDriver({
    machine,
    scheduler: { queueBelowMs: 0, stragglers: false },
    sampler: { synchronous: true, generation: 0 },
  });
  const { epoch, lab } = record.open();
  driver.open(epoch, lab);
  for (const node of nodes) {
    driver.join(node, 1);
    driver.hello(`${node}/cpu/0`, { incarnation: '2.1' });
  }
  return driver;
}

interface Task {
  readonly node: string;
  readonly number: number;
}

/** Answers every attempt that is given, audits included, until none is left. */
function answerAll(driver: LabDriver, valueOf: (task: Task) => number): void {
  for (let left = 200; left > 0; left--) {
    const slot = [A, B, C].find((name) => driver.given(name).length > 0);
    const [attempt] = slot === undefined ? [] : driver.given(slot);
    if (slot === undefined || attempt === undefined) return;
    const { number } = attempt;
    driver.result(attempt, { value: valueOf({ node: slot.slice(0, 2), number }) });
  }
  throw new Error('attempts are given without end');
}

function byNumber(a: { readonly number: number }, b: { readonly number: number }): number {
  return a.number - b.number;
}

describe('Scheduler: audits', () => {
  testRules(rules, scheduling, loadMutant);
});

const SEEDS = size(2, 100);
const FAULTS = { cutsEveryMs: 200_000, killsEveryMs: 400_000, holdsEveryMs: 300_000 };

/** A simulated lab of four nodes. @param liar node that answers with wrong values */
function run(
  options: Partial<SimulationOptions> & { sampler?: string; audit?: number; liar?: string } = {},
): { readonly report: SimulationReport; readonly values: ReadonlyMap<number, number> } {
  const { sampler = 'random', audit, liar, ...rest } = options;
  const values = new Map<number, number>();
  const report = simulate({
    spec: {
      name: 'audited',
      objective: { kind: 'synthetic' },
      direction: 'minimize',
      searchSpace: { x: { type: 'float', low: -5, high: 5 } },
      sampler: { name: sampler },
      seed: 1,
      ...(audit === undefined ? {} : { audit }),
    },
    trials: TRIALS,
    workers: 0,
    nodes: ['na', 'nb', 'nc', 'nd'].map((node, i) => ({
      id: node,
      workers: 2,
      slowness: 1 + i,
      rttMs: 1,
      lies: node === liar,
    })),
    value: (params, number) => {
      values.set(number, params[0] ?? NaN);
      return (params[0] ?? 0) ** 2;
    },
    duration: { median: 10_000, sigma: 0.5 },
    scheduler: { strict: true, beatMs: 500 },
    check: (lab) => {
      const found = violations(lab);
      if (found.length > 0) throw new Error(`seed ${rest.seed ?? ''}: ${found.join('; ')}`);
    },
    ...rest,
  });
  return { report, values };
}

describe('Simulated nodes: audits', () => {
  it.each(['random', 'evolution', 'generational'])(
    `change no result and blame no honest node under faults, with %s (seeds: ${SEEDS})`,
    (sampler) => {
      for (let seed = 1; seed <= SEEDS; seed++) {
        const { report } = run({ sampler, seed, audit: 5, nodeFaults: FAULTS });
        expect(report).toMatchObject({ completed: TRIALS, failed: 0 });
        expect(report.audits).toMatchObject({ differ: 0, blamed: [] });
        expect(report.audits.same).toBeGreaterThan(0);
      }
    },
  );

  it('survive kills of the coordinator', () => {
    for (let seed = 1; seed <= SEEDS; seed++) {
      const faults = { nodeFaults: FAULTS, coordinatorKillsEveryMs: 60_000 };
      const { report } = run({ seed, audit: 3, ...faults });
      expect(report).toMatchObject({ completed: TRIALS, failed: 0 });
      expect(report.audits.blamed).toEqual([]);
    }
  });

  it('evaluate one in n trials again, however often the coordinator is killed', () => {
    for (let seed = 1; seed <= SEEDS; seed++) {
      const { report } = run({ seed, audit: 5, coordinatorKillsEveryMs: 20_000 });
      expect(report.coordinatorKills).toBeGreaterThan(3);
      expect(report.audits).toEqual({ same: TRIALS / 5, differ: 0, blamed: [] });
    }
  });

  it('evaluate the trials of a generational study that a lab without audits evaluates', () => {
    const sampler = 'generational';
    const { values } = run({ sampler });
    expect(run({ sampler, audit: 3, nodeFaults: FAULTS }).values).toEqual(values);
  });

  it('evaluate one in n trials again', () => {
    expect(run({ audit: 10 }).report.audits).toEqual({ same: 10, differ: 0, blamed: [] });
    expect(run({ audit: 1 }).report.audits.same).toBe(TRIALS);
    expect(run().report.audits.same).toBe(0);
  });

  it('find the node that lies, and no other', () => {
    for (let seed = 1; seed <= SEEDS; seed++) {
      const { report } = run({ seed, audit: 3, liar: 'nb', nodeFaults: FAULTS });
      expect(report.completed).toBe(TRIALS);
      expect(new Set(report.audits.blamed)).toEqual(new Set(['nb']));
      expect(report.audits.blamed.length).toBeGreaterThanOrEqual(3);
    }
  });
});
