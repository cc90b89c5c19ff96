/**
 * Breaks rules on purpose: the random walks must detect each broken rule, otherwise they prove
 * nothing.
 */
import { describe, expect, it } from 'vitest';
import { walk } from '../support/adversarial-walk.ts';
import type { Breach, WorldOptions } from '../support/adversarial-world.ts';
import { worlds } from '../support/adversarial-worlds.ts';
import { loadMutant } from '../support/mutants.ts';
import type { Mutant } from '../support/mutants.ts';

/** Number of walks within which a broken rule must be detected. */
const WALKS = 1_000;

interface Case extends Mutant {
  readonly world: WorldOptions;
}

/** Mutants of the scheduler. */
const mutants: Record<string, Case> = {
  'the reports before a checkpoint are dropped with a lost attempt': {
    world: worlds['asynchronous, promotions'],
    file: 'scheduling/back.ts',
    from: 'const kept = checkpoint === 0 ? [] : ',
    to: 'const kept = checkpoint >= 0 ? [] : ',
  },
  'a paused trial is queued': {
    world: worlds['asynchronous, promotions'],
    file: 'scheduling/pausing.ts',
    from: '  writeBack(lab, trial);\n',
    to: '  writeBack(lab, trial);\n  enqueue(lab, trial);\n',
  },
  'a restart forgets that a trial was paused': {
    world: worlds['asynchronous, promotions'],
    file: 'scheduling/resume.ts',
    from: 'trial.checkpoint = nextPause(trial) ?? trial.checkpoint;',
    to: 'trial.checkpoint = 0;',
  },
  'trials that are paused at the end stay paused': {
    world: worlds['asynchronous, promotions'],
    file: 'scheduling/pausing.ts',
    from: '  if (trial === undefined) endPaused(lab, study);\n  else goOn(',
    to: '  if (trial !== undefined) goOn(',
  },
  'a trial that goes on from a checkpoint gets a second attempt elsewhere': {
    world: worlds['asynchronous, promotions, 2 nodes, leaving'],
    file: 'scheduling/second-attempts.ts',
    from: 'return pruning?.pruner.promotion !== undefined;',
    to: 'return pruning === undefined;',
  },
  'a trial that crashed on the faster card is left to it for ever': {
    world: worlds['asynchronous, a card beside a core'],
    file: 'scheduling/dispatch.ts',
    from: 'if (!hasWork(lab) || !giveCohort(lab, slot, fasterIdle)) lab.free.putBack(slot);',
    to: 'lab.free.putBack(slot);',
  },
  'every loss counts to a limit': {
    world: worlds['generations, workers elsewhere'],
    file: 'scheduling/outcomes.ts',
    from: '  writeAttemptEnd(lab, attempt, outcome, null, detail);\n  goBack(lab, attempt);\n',
    to: `  writeAttemptEnd(lab, attempt, outcome, null, detail);
  trial.deaths += 1;
  if (trial.deaths >= 2) return endTrial(lab, trial, { state: 'failed', outcome: 'deadly', value: NaN, attempt, result: null });
  goBack(lab, attempt);\n`,
  },
  'losses of other kinds count as silences': {
    world: worlds['generations, a second silence fails'],
    file: 'scheduling/outcomes.ts',
    from: '  writeAttemptEnd(lab, attempt, outcome, null, detail);\n  goBack(lab, attempt);\n',
    to: `  writeAttemptEnd(lab, attempt, outcome, null, detail);
  trial.silences += 1;
  if (trial.silences >= 2) return endTrial(lab, trial, { state: 'failed', outcome: 'silent', value: NaN, attempt, result: null });
  goBack(lab, attempt);\n`,
  },
  'the credit comes back at the cancel': {
    world: worlds['asynchronous, crashes and cancels'],
    file: 'scheduling/attempts.ts',
    from: "return state === 'open' || state === 'recalled' || state === 'revoked';",
    to: "return state === 'open';",
  },
  'a result is accepted after its trial ended': {
    world: worlds['generations, crashes and cancels'],
    file: 'scheduling/results.ts',
    from: "if (attempt.state === 'revoked') {",
    to: "if (attempt.state === ('never' as string)) {",
  },
  'a lost attempt is adopted at hello': {
    world: worlds['generations, workers elsewhere'],
    file: 'scheduling/sessions.ts',
    from: '  beginSession(lab, slot, event, keep as Attempt[]);',
    to: `  for (const id of event.holding) {
    const trial = lab.studies.get(id.study)?.open.get(id.number);
    const past = trial?.past.find(({ attemptNumber, outcome }) => attemptNumber === id.attemptNumber && outcome === 'lost');
    if (trial === undefined || past === undefined || trial.live.length > 0) continue;
    trial.study.waiting.remove(trial);
    trial.state = 'running';
    const attempt: Attempt = { id, trial, slot: slot.name, node: slot.name.split('/')[0] ?? '', incarnation, state: 'orphaned', cohort: null, unheard: false, storedCohort: null };
    trial.live.push(attempt);
    trial.study.live += 1;
    keep.push(attempt);
  }
  beginSession(lab, slot, event, keep as Attempt[]);`,
  },
  'a synchronous study ends at the first hit': {
    world: worlds['no barrier, target'],
    file: 'scheduling/stop-rules.ts',
    from: 'if (study.sampler.barrier !== null) setLimit(lab, study, wantedLimit(study));\n    else if',
    to: 'if',
  },
  'what a worker does not hold is waited for': {
    world: { ...worlds['no barrier, more trials'], faults: { drop: 8 } },
    file: 'scheduling/liveness.ts',
    from: 'if (cohort.taskSeq > taskSeq) return false;',
    to: 'return false;',
  },
  'a lost task is waited for': {
    world: { ...worlds['generations, workers elsewhere'], faults: { drop: 8 } },
    file: 'scheduling/liveness.ts',
    from: 'if (cohort.taskSeq <= taskSeq || lab.storageError !== null) return false;',
    to: 'return false;',
  },
  'an asynchronous sampler is shown more than is recorded': {
    world: worlds['asynchronous, crashes and cancels'],
    file: 'scheduling/asking.ts',
    from: '? columns.asynchronousView(historyLength)',
    to: '? columns.asynchronousView(columns.ended)',
  },
  'an answer to an ask of before an edit is taken': {
    world: worlds['asynchronous, edits of the search'],
    file: 'scheduling/asking.ts',
    from: '    asking.edits === (event.edits ?? 0) &&\n',
    to: '',
  },
  'an edit does not end the ask under way': {
    world: worlds['no barrier, edits of the search, workers here'],
    file: 'scheduling/search-edits.ts',
    from: '    study.asking = null;\n',
    to: '',
  },
  'an edit takes effect one trial later than it says': {
    world: worlds['asynchronous, edits of the search'],
    file: 'samplers/after-edit.ts',
    from: 'spec: withSearch(spec, search, edit), edit };',
    to: 'spec: withSearch(spec, search, { ...edit, first: edit.first + 1 }), edit };',
  },
  'an edit is not written': {
    world: worlds['generations, edits of the search, 2 nodes'],
    file: 'scheduling/search-edits.ts',
    from: '    spec: study.spec,\n',
    to: '    spec: { ...study.spec, ...before, edits: [] },\n',
  },
  'the other attempt goes on after the first result': {
    world: worlds['generations, 3 nodes'],
    file: 'scheduling/trial-end.ts',
    from: 'for (const live of [...trial.live]) {',
    to: 'for (const live of trial.live.slice(0, 0)) {',
  },
  'the loss of one of two attempts sends the trial back': {
    world: worlds['only links: cut, cut, cut'],
    file: 'scheduling/back.ts',
    from: '  if (trial.live.length > 0) return;\n',
    to: '',
  },
  'a trial that a pruner has stopped waits again': {
    world: worlds['asynchronous, verdicts of a pruner'],
    file: 'scheduling/back.ts',
    from: '  if (trial.verdict !== null) {',
    to: '  if (trial.verdict !== null && lab.now < 0) {',
  },
  'a third attempt is started beside two': {
    world: worlds['only links: cut, cut, cut'],
    file: 'scheduling/dispatch.ts',
    from: "if (newer !== undefined) revoke(lab, older, 'cancelled', SUPERSEDED);",
    to: '',
  },
  'a trial is not rescued': {
    world: worlds['only links: cut, cut, cut'],
    file: 'scheduling/second-attempts.ts',
    from: 'if (needsRescue(trial)) trial.study.waiting.add(trial);',
    to: 'if (trial.number < 0) return;',
  },
  'a removed node keeps its sessions': {
    world: worlds['generations, 3 nodes, leaving'],
    file: 'scheduling/nodes.ts',
    from: "  if (node.presence !== 'absent') loseNode(lab, node, 'removed');\n",
    to: '  if (node.link > 0) node.reason = null;\n',
  },
  'a node that is away is given cohorts': {
    world: worlds['only links: cut, cut, cut'],
    file: 'scheduling/withholding.ts',
    from: "return presence === 'present' && mode === 'open';",
    to: "return presence !== 'absent' && mode === 'open';",
  },
  'a draining node is given cohorts': {
    world: worlds['generations, 3 nodes, leaving'],
    file: 'scheduling/withholding.ts',
    from: "return presence === 'present' && mode === 'open';",
    to: "return presence === 'present' && mode !== 'paused';",
  },
  'a slot that is held is given cohorts': {
    world: worlds['only links: cut, cut, cut'],
    file: 'scheduling/withholding.ts',
    from: ' || slot.heldSince !== null;',
    to: ';',
  },
  'workers of nodes are continued although no study runs': {
    world: worlds['generations, 3 nodes'],
    file: 'scheduling/node-workers.ts',
    from: 'if (supervision === null || !lab.workersWanted) return;',
    to: 'if (supervision === null) return;',
  },
  'the barrier is not waited for': {
    world: worlds['generations, workers elsewhere'],
    file: 'scheduling/asking.ts',
    from: 'if (barrier !== null && study.frontier < historyLength) continue;',
    to: '',
  },
  'a trial beyond a bound joins the front': {
    world: worlds['asynchronous, two objectives and a bound'],
    file: 'scheduling/trial-end.ts',
    from: 'violation: violationOf(spec, figures)',
    to: 'violation: 0 * violationOf(spec, figures)',
  },
  'a restored study has lost the values of its trials': {
    world: worlds['asynchronous, two objectives and a bound'],
    file: 'scheduling/resume.ts',
    from: 'told, rankedOf(spec, figures));',
    to: 'told, rankedOf(spec, null));',
  },
  'a trial that lacks an objective takes its own value': {
    world: worlds['asynchronous, two objectives and a bound'],
    file: 'scheduling/trial-end.ts',
    from: 'return { figures: figures ?? worstFigures(spec) };',
    to: 'return { figures: figures ?? { ...worstFigures(spec), values: [0, 0] } };',
  },
  'the front keeps a member that another dominates': {
    world: worlds['asynchronous, two objectives and a bound'],
    file: 'study/front.ts',
    from: '...this.#members.filter((member) => !dominates(offered, member)), offered',
    to: '...this.#members, offered',
  },
};

/** Mutants of the shell and the worker. */
const breaches: Record<Breach, WorldOptions> = {
  'output before the commit': worlds['generations, workers elsewhere'],
  'ack before the commit': worlds['generations, workers elsewhere'],
  'results said once': { ...worlds['generations, workers elsewhere'], faults: { drop: 8 } },
  'welcome drops nothing': {
    ...worlds['no barrier, more trials'],
    faults: { falseExpiry: 4, helloAgain: 4 },
  },
};

function firstViolation(options: WorldOptions): string {
  for (let seed = 0; seed < WALKS; seed++) {
    try {
      walk(options, seed);
    } catch (error) {
      return error instanceof Error ? error.message : String(error);
    }
  }
  return 'nothing noticed';
}

describe('Random walks: broken rules', () => {
  for (const [name, { world, ...mutant }] of Object.entries(mutants)) {
    it(`notice that ${name}`, async () => {
      const machine = await loadMutant(name, mutant);
      expect(firstViolation({ ...world, machine })).toMatch(/^walk \d+: /);
    });
  }

  for (const [breach, world] of Object.entries(breaches)) {
    it(breach, () => {
      expect(firstViolation({ ...world, breach: breach as Breach })).toMatch(/^walk \d+: /);
    });
  }
});
