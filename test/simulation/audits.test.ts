/**
 * Audits: evaluations of ended trials on another node. Each rule is a scenario that holds, and that
 * fails when the rule is broken on purpose.
 */
import { describe, expect } from 'vitest';
import * as scheduling from '../../src/core/scheduling/index.ts';
import { LabRecord } from '../../src/core/simulation/lab-record.ts';
import type { Machine } from '../support/adversarial-world.ts';
import { testRules } from '../support/broken-rules.ts';
import type { AttemptResult, Report } from '../../src/core/scheduling/index.ts';
import type { StudySpec } from '../../src/core/study/study-spec.ts';
import type { BrokenRule } from '../support/broken-rules.ts';
import { id, LabDriver, only, STUDY, writes } from '../support/lab-driver.ts';
import { loadMutant } from '../support/mutants.ts';

const TRIALS = 100;
const [A, B, C] = ['na/cpu/0', 'nb/cpu/0', 'nc/cpu/0'] as const;

/** Two nodes and a study that has every nth trial evaluated again; both nodes have a trial. */
function two(
  machine: Machine,
  trials = 2,
  audit = 1,
  settings: Partial<StudySpec> = {},
): LabDriver {
  const driver = new LabDriver({
    machine,
    scheduler: { queueBelowMs: 0, stragglers: false, timingsOf: () => ['seconds'] },
    sampler: { synchronous: true, generation: 0 },
  });
  driver.open();
  driver.join('na', 1);
  driver.join('nb', 1);
  driver.create({ trials }, STUDY, { audit, ...settings });
  driver.hello(A);
  driver.hello(B);
  return driver;
}

/** As `two`, where nb's trial was stopped after two epochs. */
function pruned(machine: Machine): LabDriver {
  const driver = two(machine);
  driver.result(id(1), { outcome: 'pruned', reports: reports([5, 6]) });
  driver.result(id(0), { value: 4 });
  return driver;
}

/** Reports of the first epochs. */
function reports(values: readonly number[]): Report[] {
  return values.map((value, step) => ({ step, value }));
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
      expect(driver.mismatches('na')).toEqual([]);
      expect(driver.mismatches('nb').length).toBeGreaterThan(0);
      expect(driver.mismatches('nc')).toEqual([]);
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
      expect(driver.mismatches('nb').length).toBeGreaterThanOrEqual(3);
      const change = { node: 'nb', graceMs: 0, by: 'user' } as const;
      driver.send({ type: 'nodeMode', mode: 'open', ...change });
      expect(driver.mismatches('nb')).toEqual([]);
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
      expect(driver.mismatches('nb')).toMatchObject([{ found: 100, by: 'nb' }]);
      expect([...driver.mismatches('na'), ...driver.mismatches('nc')]).toEqual([]);
    },
  },
  {
    rule: 'the trials that are drawn after a restart are those that would be drawn without it',
    broken: {
      file: 'scheduling/restore-audits.ts',
      from: "if (outcome === 'succeeded' || outcome === 'diverged' || outcome === 'pruned') count += 1;",
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
      from: 'return !alike && Math.abs',
      to: 'return Math.abs',
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
  {
    rule: 'every objective and constraint is compared, and metrics that measure time are not',
    broken: {
      file: 'scheduling/audit-figures.ts',
      from: '.filter(([name]) => !timings.includes(name))',
      to: '',
    },
    scenario(machine) {
      const differenceOf = (metrics: Readonly<Record<string, number>>): unknown => {
        const driver = two(machine, 1, 1, {
          objectives: [
            { metric: 'seconds', direction: 'minimize' },
            { metric: 'loss', direction: 'minimize' },
          ],
          constraints: { weights: { 'at most': 100 } },
        });
        driver.result(id(0), { metrics: { seconds: 1, loss: 0.5, weights: 90, other: 1 } });
        driver.result(id(0, 2), { metrics });
        return writes(driver.said, 'auditEnded').at(-1)?.difference;
      };
      const slow = { seconds: 9, loss: 0.5, weights: 90, other: 2 };
      expect(differenceOf(slow)).toBeNull();
      const wrong = { metric: 'loss', value: 0.5, found: 0.4 };
      expect(differenceOf({ ...slow, loss: 0.4 })).toEqual(wrong);
      expect(differenceOf({ ...slow, weights: 80 })).toMatchObject({ metric: 'weights' });
    },
  },
  {
    rule: 'a trial that was stopped early is evaluated again up to that epoch, and no further',
    broken: {
      file: 'scheduling/audits.ts',
      from: '  audit.enough = true;\n  sendCancel(lab, attempt, PRUNED);',
      to: '',
    },
    scenario(machine) {
      const driver = pruned(machine);
      expect(driver.given(A)).toEqual([id(1, 2)]);
      const cancels = (): number => only(driver.said, 'sendCancel').length;
      const before = cancels();
      driver.report(id(1, 2), 0, 5);
      expect(cancels()).toBe(before);
      driver.report(id(1, 2), 1, 6);
      expect(only(driver.said, 'sendCancel').at(-1)).toMatchObject({ reason: 'pruned' });
      driver.report(id(1, 2), 2, 7);
      expect(cancels()).toBe(before + 1);
      driver.result(id(1, 2), { outcome: 'pruned', reports: reports([5, 6, 7]) });
      expect(writes(driver.said, 'auditEnded').at(-1)).toMatchObject({ verdict: 'same', value: 6 });
      expect(driver.study().columns.ended).toBe(2);
    },
  },
  {
    rule: 'reports of a trial that was stopped early are compared up to that epoch',
    broken: {
      file: 'scheduling/audit-figures.ts',
      from: '.filter(({ step }) => step <= until)',
      to: '.filter(({ step }) => step === until)',
    },
    scenario(machine) {
      const differenceOf = (
        values: readonly number[],
        outcome: AttemptResult['outcome'] = 'pruned',
      ): unknown => {
        const driver = pruned(machine);
        driver.result(id(1, 2), { outcome, reports: reports(values) });
        return writes(driver.said, 'auditEnded').at(-1)?.difference;
      };
      expect(differenceOf([5, 6])).toBeNull();
      // The cancel was lost: the worker has gone on.
      expect(differenceOf([5, 6, 8], 'succeeded')).toBeNull();
      expect(differenceOf([5, 6, 8], 'diverged')).toBeNull();
      expect(differenceOf([9, 6])).toEqual({ metric: 'epoch 1', value: 5, found: 9 });
      expect(differenceOf([5], 'diverged')).toMatchObject({ found: Infinity });
    },
  },
  {
    rule: 'trials that were stopped early are drawn as others are, also after a restart',
    broken: {
      file: 'scheduling/restore-audits.ts',
      from: " || outcome === 'pruned') count += 1;",
      to: ') count += 1;',
    },
    scenario(machine) {
      const before = pruned(machine);
      before.result(id(1, 2), { outcome: 'pruned', reports: reports([5, 6]) });
      const { seen } = before.study().audits;
      expect(seen).toBe(2);
      const driver = restart(machine, before, ['na', 'nb']);
      expect(driver.study().audits.seen).toBe(seen);
    },
  },
  {
    rule: 'the wrong values of a node are counted across restarts, until the user resumes it',
    broken: {
      file: 'scheduling/resume.ts',
      from: 'restoreMismatches(lab, snapshot.mismatches ?? []);',
      to: '',
    },
    scenario(machine) {
      const before = three(machine);
      answerAll(before, ({ node, number }) => (node === 'nb' ? 100 + number : number));
      const wrong = before.mismatches('nb');
      expect(wrong.length).toBeGreaterThan(0);
      const driver = restart(machine, before, ['na', 'nb', 'nc']);
      expect(driver.mismatches('nb')).toEqual(wrong);
      const change = { type: 'nodeMode', node: 'nb', graceMs: 0, by: 'user' } as const;
      driver.send({ ...change, mode: 'paused' });
      const said = driver.send({ ...change, mode: 'open' });
      expect(driver.mismatches('nb')).toEqual([]);
      expect(writes(said, 'mismatchesForgotten')).toMatchObject([{ node: 'nb' }]);
    },
  },
  {
    rule: 'a node that connects again keeps its count of wrong values',
    broken: {
      file: 'scheduling/node-modes.ts',
      from: "by === 'user' && isResumed(lab, node)",
      to: "by === 'user'",
    },
    scenario(machine) {
      const driver = three(machine);
      answerAll(driver, ({ node, number }) => (node === 'nb' ? 100 + number : number));
      const wrong = driver.mismatches('nb');
      expect(wrong).toHaveLength(2);
      // A host applies the mode that it stores whenever the node connects.
      driver.join('nb', 1);
      driver.send({ type: 'nodeMode', node: 'nb', mode: 'open', graceMs: 0, by: 'user' });
      expect(driver.mismatches('nb')).toEqual(wrong);
      driver.send({ type: 'nodeRemoved', node: 'nb' });
      expect(driver.mismatches('nb')).toEqual([]);
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
