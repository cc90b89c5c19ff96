/**
 * Rules of nodes whose violation random walks do not show, because other rules repair its effects
 * later. Each is a scenario that holds, and that fails when the rule is broken on purpose. Takes
 * more than 30 s of CPU time on a busy machine, because each broken scheduler is loaded anew.
 */
import { describe, expect } from 'vitest';
import * as scheduling from '../../src/core/scheduling/index.ts';
import type { LabOptions } from '../../src/core/scheduling/index.ts';
import type { Machine } from '../support/adversarial-world.ts';
import { testRules } from '../support/broken-rules.ts';
import type { BrokenRule } from '../support/broken-rules.ts';
import { id, LabDriver, only, STUDY, writes } from '../support/lab-driver.ts';
import { loadMutant } from '../support/mutants.ts';

const [A, B] = ['na/cpu/0', 'nb/cpu/0'] as const;
const BOTH = ['na', 'nb'];

function two(machine: Machine, trials = 2, scheduler: Partial<LabOptions> = {}): LabDriver {
  const driver = new LabDriver({
    machine,
    scheduler: { queueBelowMs: 0, ...scheduler },
    sampler: { synchronous: true, generation: 0 },
  });
  driver.open();
  driver.join('na', 1, { model: 'slow' });
  driver.join('nb', 1, { model: 'fast' });
  driver.create({ trials });
  driver.hello(A);
  driver.hello(B);
  return driver;
}

/** A study of one trial, which runs on the only node, `na`. */
function alone(machine: Machine, scheduler: Partial<LabOptions>): LabDriver {
  const driver = new LabDriver({ machine, scheduler });
  driver.open();
  driver.join('na', 1);
  driver.create({ trials: 1 });
  driver.hello(A);
  return driver;
}

const holes: readonly BrokenRule<Machine>[] = [
  {
    rule: 'a node is lost after it was away for 120 s',
    broken: {
      file: 'scheduling/away.ts',
      from: "else loseNode(lab, node, 'silent');",
      to: '',
    },
    scenario(machine) {
      const driver = two(machine);
      driver.passPulsing(122_500, ['nb']);
      expect(driver.node('na').presence).toBe('absent');
    },
  },
  {
    rule: 'the time for which a slot is held does not count towards the limit of its attempt',
    broken: {
      file: 'scheduling/time-limits.ts',
      from: 'first.startedAt += lab.now - Math.max(since, first.startedAt);',
      to: '',
    },
    scenario(machine) {
      const driver = alone(machine, { attemptTimeout: () => 10_000 });
      driver.passPulsing(5_000, ['na']);
      const held = driver.passPulsing(60_000, ['na'], [A]);
      expect(writes(held, 'attemptEnded')).toEqual([]);
      const early = driver.passPulsing(6_500, ['na']);
      expect(writes(early, 'attemptEnded')).toEqual([]);
      const late = driver.passPulsing(1_000, ['na']);
      expect(writes(late, 'trialEnded')).toMatchObject([{ outcome: 'timedOut' }]);
    },
  },
  {
    rule: 'no attempt exceeds its limit while its slot is held or its node is away',
    broken: {
      file: 'scheduling/time-limits.ts',
      from: 'const at = waits ? Math.max(limit, lab.now + lab.options.leaseMs) : limit;',
      to: 'const at = limit;',
    },
    scenario(machine) {
      const driver = alone(machine, { attemptTimeout: () => 10_000 });
      expect(writes(driver.passPulsing(60_000, ['na'], [A]), 'attemptEnded')).toEqual([]);
      expect(writes(driver.pass(60_000), 'attemptEnded')).toEqual([]);
      driver.pulse('na');
      const said = driver.passPulsing(1_500, ['na']);
      expect(writes(said, 'attemptEnded')).toEqual([]);
      expect(writes(driver.result(id(0)), 'trialEnded')).toMatchObject([{ outcome: 'succeeded' }]);
    },
  },
  {
    rule: 'an attempt whose node was away has a lease more for the result that is on its way',
    broken: {
      file: 'scheduling/time-limits.ts',
      from: 'Math.max(startedAt + timeout, slot.node.presenceSince)',
      to: '(startedAt + timeout)',
    },
    scenario(machine) {
      const driver = alone(machine, { attemptTimeout: () => 10_000 });
      driver.pass(21_500);
      const said = driver.passPulsing(1_500, ['na']);
      expect(writes(said, 'attemptEnded')).toEqual([]);
      const late = driver.passPulsing(1_000, ['na']);
      expect(writes(late, 'trialEnded')).toMatchObject([{ outcome: 'timedOut' }]);
    },
  },
  {
    rule: 'silence during a stall of the coordinator does not count',
    broken: {
      file: 'scheduling/away.ts',
      from: 'return node.lease.heardAt + lab.options.silentMs + lab.stalledMs;',
      to: 'return node.lease.heardAt + lab.options.silentMs;',
    },
    scenario(machine) {
      const driver = two(machine);
      driver.passPulsing(1_000, BOTH);
      driver.now += 60_000;
      driver.send({ type: 'clock' });
      expect(driver.node('na').presence).toBe('present');
    },
  },
  {
    rule: 'cohorts that were lost with a connection are sent again over the next link',
    broken: {
      file: 'scheduling/nodes.ts',
      from: 'if (!isNew) for (const about of offered) sendAgain(lab, about);',
      to: '',
    },
    scenario(machine) {
      const driver = two(machine);
      const said = driver.join('na', 1, { slot: { taskSeq: 0 } });
      expect(only(said, 'sendCohort')).toHaveLength(1);
    },
  },
  {
    rule: 'cohorts that arrived are not sent again',
    broken: {
      file: 'scheduling/nodes.ts',
      from: 'if (cohort.taskSeq > taskSeq) repeat(lab, slot, cohort);',
      to: 'if (taskSeq >= 0) repeat(lab, slot, cohort);',
    },
    scenario(machine) {
      expect(only(two(machine).join('na', 1), 'sendCohort')).toEqual([]);
    },
  },
  {
    rule: 'beats from before a task was sent again do not end its session',
    broken: {
      file: 'scheduling/nodes.ts',
      from: '  cohort.sentOnLeaseClock = lab.now - lab.stalledMs;\n  cohort.missed = 0;\n',
      to: '',
    },
    scenario(machine) {
      const driver = two(machine);
      driver.passPulsing(3_000, BOTH);
      driver.beat(A, { taskSeq: 0, holding: [] });
      driver.join('na', 1, { slot: { taskSeq: 0 } });
      driver.passPulsing(500, BOTH);
      expect(only(driver.beat(A, { taskSeq: 0, holding: [] }), 'sendGoodbye')).toEqual([]);
    },
  },
  {
    rule: 'a restart of the node’s process ends all its sessions',
    broken: {
      file: 'scheduling/nodes.ts',
      from: "if (boot > node.boot) loseNode(lab, node, 'restarted');",
      to: '',
    },
    scenario(machine) {
      const driver = two(machine);
      driver.join('na', 1, { boot: 2, slot: { running: null, session: null } });
      expect(driver.slot(A).session).toBeNull();
    },
  },
  {
    rule: 'an older process of a node does not take its place',
    broken: { file: 'scheduling/nodes.ts', from: 'if (boot < node.boot) {', to: 'if (boot < 0) {' },
    scenario(machine) {
      const driver = two(machine);
      driver.join('na', 1, { boot: 3, slot: { running: null, session: null } });
      driver.join('na', 1, { boot: 2 });
      expect(driver.node('na').boot).toBe(3);
    },
  },
  {
    rule: 'a study that pauses does not wait for nodes that are away',
    broken: {
      file: 'scheduling/step.ts',
      from: '    endUnreachable(lab);\n',
      to: '',
    },
    scenario(machine) {
      const driver = two(machine);
      driver.passPulsing(2_500, ['nb']);
      driver.send({ type: 'studyPaused', study: STUDY, graceMs: 1_000 });
      driver.result(id(1));
      driver.passPulsing(1_500, ['nb']);
      expect(driver.study().state).toBe('paused');
    },
  },
  {
    rule: 'a recalled attempt on a node that falls silent is rescued',
    broken: {
      file: 'scheduling/second-attempts.ts',
      from: 'live.every(isAway)',
      to: "live.every((attempt) => attempt.state === 'open' && isAway(attempt))",
    },
    scenario(machine) {
      const driver = two(machine);
      driver.send({ type: 'studyPaused', study: STUDY, graceMs: 0 });
      driver.send({ type: 'studyResumed', study: STUDY });
      driver.result(id(1), { outcome: 'cancelled' });
      driver.result(id(1, 2));
      driver.passPulsing(2_500, ['nb']);
      expect(driver.trial(0).live.map(({ node }) => node)).toEqual(['na', 'nb']);
    },
  },
  {
    rule: 'a time-out of one of two attempts does not fail the trial',
    broken: {
      file: 'scheduling/outcomes.ts',
      from: '  if (trial.live.length > 0) {\n    showBack',
      to: '  if (trial.live.length > 2) {\n    showBack',
    },
    scenario(machine) {
      const driver = two(machine);
      driver.result(id(1));
      driver.passPulsing(2_500, ['nb']);
      driver.result(id(0, 2), { outcome: 'timedOut' });
      expect(driver.study().columns.ended).toBe(1);
    },
  },
  {
    rule: 'the first usable result wins, and the other attempt is not charged',
    broken: {
      file: 'scheduling/trial-end.ts',
      from: 'superseded ? SUPERSEDED : outcome',
      to: 'outcome',
    },
    scenario(machine) {
      const driver = two(machine);
      driver.result(id(1));
      driver.passPulsing(2_500, ['nb']);
      const said = driver.result(id(0, 2));
      expect(writes(said, 'attemptEnded').map(({ detail }) => detail)).toContain('superseded');
    },
  },
  {
    rule: 'stragglers are started only where they would end sooner',
    broken: {
      file: 'scheduling/second-attempts.ts',
      from: 'if (needs >= leftMs || trials.length >= lanes) break;',
      to: 'if (trials.length >= lanes) break;',
    },
    scenario(machine) {
      const driver = two(machine, 4);
      driver.result(id(0), { ms: 8_000 });
      driver.result(id(1), { ms: 1_000 });
      expect(only(driver.result(id(2), { ms: 8_000 }), 'sendCohort')).toEqual([]);
    },
  },
  {
    rule: 'stragglers are not started while the sampler can be asked',
    broken: {
      file: 'scheduling/second-attempts.ts',
      from: 'if (studies.length === 0 || studies.some(canAsk)) return;',
      to: 'if (studies.length === 0) return;',
    },
    scenario(machine) {
      const driver = two(machine, 9);
      driver.result(id(0), { ms: 8_000 });
      driver.result(id(1), { ms: 1_000 });
      const said = driver.result(id(3), { ms: 1_000 });
      expect(only(said, 'sendCohort')).toMatchObject([{ lanes: [{ attempt: id(4) }] }]);
    },
  },
  {
    rule: 'the last usable node is not quarantined',
    broken: {
      file: 'scheduling/node-quarantine.ts',
      from: 'slot.node !== node && ',
      to: '',
    },
    scenario(machine) {
      const driver = new LabDriver({ machine, scheduler: { queueBelowMs: 0 } });
      driver.open();
      driver.join('na', 3);
      driver.create({ trials: 100 });
      const slots = ['na/cpu/0', 'na/cpu/1', 'na/cpu/2'];
      for (const slot of slots) driver.hello(slot);
      for (let i = 0; i < 20; i++) {
        for (const slot of slots)
          for (const each of driver.given(slot))
            driver.result(
              each,
              slot === 'na/cpu/2' ? { ms: 5_000 } : { outcome: 'crashed', ms: 5 },
            );
      }
      expect(driver.node('na').quarantine).toBeNull();
    },
  },
  {
    rule: 'a node without the dataset is given no trials',
    broken: {
      file: 'scheduling/serving.ts',
      from: "return 'content';",
      to: 'return null;',
    },
    scenario(machine) {
      const driver = two(machine, 2, { contentOf: () => 'content' });
      expect(driver.tasks).toEqual([]);
    },
  },
  {
    rule: 'the stricter of the modes of user and owner holds',
    broken: {
      file: 'scheduling/node-modes.ts',
      from: 'STRICTNESS.indexOf(owner) > STRICTNESS.indexOf(user)',
      to: 'STRICTNESS.indexOf(owner) < STRICTNESS.indexOf(user)',
    },
    scenario(machine) {
      const driver = two(machine);
      const mode = { type: 'nodeMode', node: 'na', graceMs: 5_000 } as const;
      driver.send({ ...mode, mode: 'paused', by: 'owner' });
      expect(driver.node('na').mode).toBe('paused');
    },
  },
  {
    rule: 'workers of nodes end 60 s after the last study',
    broken: {
      file: 'scheduling/node-workers.ts',
      from: 'for (const node of lab.nodes.values()) if (node.link > 0) stopWorkers(lab, node);',
      to: 'lab.workersWanted = true;',
    },
    scenario(machine) {
      const driver = two(machine);
      driver.result(id(0));
      driver.result(id(1));
      driver.passPulsing(61_000, BOTH);
      expect(driver.slot(A).session).toBeNull();
    },
  },
  {
    rule: 'messages of an absent node’s workers change nothing',
    broken: {
      file: 'scheduling/step.ts',
      from: 'if (absent !== null) {',
      to: "if (absent === 'never') {",
    },
    scenario(machine) {
      const driver = two(machine);
      driver.send({ type: 'nodeRemoved', node: 'na' });
      expect(driver.hello(A)).toEqual([]);
    },
  },
];

describe('Scheduler: rules of nodes', () => {
  testRules(holes, scheduling, loadMutant);
});
