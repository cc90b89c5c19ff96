import { describe, expect, it } from 'vitest';
import { catalogueOf, MNIST } from '../../../src/datasets/catalogue.ts';
import {
  addBound,
  addObjective,
  boundsOf,
  objectivesOf,
  removeBound,
  removeObjective,
  renameBound,
  setBound,
  setObjective,
  singleOf,
} from '../../../src/renderer/views/set-up/objective-edits.ts';
import { placeProblems } from '../../../src/renderer/views/set-up/problem-places.ts';
import { put } from '../../../src/renderer/views/set-up/study-edits.ts';
import type { Study } from '../../../src/renderer/views/set-up/study-edits.ts';
import { checkStudy } from '../../../src/studies/check-study.ts';
import { draftStudy } from '../../../src/studies/draft-study.ts';
import { RESOURCES } from '../../support/call-deps.ts';

const draft = draftStudy(MNIST, 'digits') as unknown as Study;
const check = (study: Study) => checkStudy(study, { resources: RESOURCES }, catalogueOf(null));
const metrics = check(draft).metrics!;

describe('Set-up: objectives', () => {
  it('knows the metrics that a training returns, and none of a program', () => {
    expect(metrics).toEqual(
      expect.arrayContaining(['accuracy', 'loss', 'weights', 'trainingSeconds']),
    );
    const program = { kind: 'command', command: ['true'] };
    expect(check({ ...draft, objective: program }).metrics).toBe(null);
    expect(check({ ...draft, objective: { kind: 'no such kind' } }).metrics).toBe(null);
  });

  it('lists the value of the study and another metric, which is a valid study', () => {
    const two = addObjective(draft, metrics);
    expect(objectivesOf(two)).toEqual([
      { metric: 'accuracy', direction: 'maximize' },
      { metric: 'loss', direction: 'minimize' },
    ]);
    expect(check(two).problems).toEqual([]);
  });

  it('removes what several objectives cannot have', () => {
    const study = put(
      { ...draft, pruner: { name: 'asha' }, sampler: { name: 'tpe' } },
      ['stop', 'target'],
      0.99,
    );
    const two = addObjective(study, metrics);
    expect(two['pruner']).toBe(undefined);
    expect(two['sampler']).toEqual({ name: 'auto' });
    expect(check(two).problems).toEqual([]);
    const evolved = addObjective({ ...draft, sampler: { name: 'nsga2', initial: 8 } }, metrics);
    expect(evolved['sampler']).toEqual({ name: 'nsga2', initial: 8 });
  });

  it('gives another metric its usual direction, and the study that of the first', () => {
    const two = addObjective(draft, metrics);
    const faster = setObjective(two, 1, { metric: 'samplesPerSecond' });
    expect(objectivesOf(faster)[1]?.direction).toBe('maximize');
    const small = setObjective(two, 0, { metric: 'weights' });
    expect(small['direction']).toBe('minimize');
    expect(check(small).problems).toEqual([]);
    expect(setObjective(two, 0, { direction: 'minimize' })['direction']).toBe('minimize');
  });

  it('returns to the study with one objective when only its value is left', () => {
    const two = addObjective(draft, metrics);
    const one = removeObjective(two, 1);
    expect(one['objectives']).toBe(undefined);
    expect(check(one).problems).toEqual([]);
    expect(singleOf(one)).toEqual({ metric: 'accuracy', direction: 'maximize' });
    // Loss is not the value of this study, so the list stays and the check says why not.
    const other = removeObjective(two, 0);
    expect(objectivesOf(other)).toEqual([{ metric: 'loss', direction: 'minimize' }]);
    expect(check(other).problems.map(({ path }) => path)).toEqual(['objectives']);
  });

  it('adds, fills in, renames and removes bounds', () => {
    const added = addBound(draft, metrics);
    const [bound] = boundsOf(added);
    expect(bound).toEqual({ metric: 'accuracy', bounds: {} });
    expect(objectivesOf(added)).toHaveLength(1);
    const named = renameBound(added, 'accuracy', 'weights');
    const filled = setBound(named, 'weights', 'at most', 50_000);
    expect(filled['constraints']).toEqual({ weights: { 'at most': 50_000 } });
    expect(check(filled).problems).toEqual([]);
    const emptied = setBound(filled, 'weights', 'at most', undefined);
    expect(boundsOf(emptied)).toEqual([{ metric: 'weights', bounds: {} }]);
    const removed = removeBound(filled, 'weights');
    expect(removed['constraints']).toBe(undefined);
    expect(removed['objectives']).toBe(undefined);
    expect(check(removed).problems).toEqual([]);
  });

  it('never merges two bounds by a new name', () => {
    const two = addBound(addBound(draft, metrics), metrics);
    expect(boundsOf(two).map(({ metric }) => metric)).toEqual(['accuracy', 'loss']);
    expect(renameBound(two, 'loss', 'accuracy')).toBe(two);
  });

  it('shows the problems of objectives and bounds at their fields', () => {
    const twice = setObjective(addObjective(draft, metrics), 1, { metric: 'accuracy' });
    const unfilled = addBound(draft, metrics);
    const placed = (study: Study) =>
      placeProblems(check(study).problems, { study, network: undefined, fixed: [] });
    expect(placed(twice)).toMatchObject([
      { section: 'objectives', fields: ['objectives[1].metric'] },
    ]);
    expect(placed(unfilled)).toMatchObject([
      { section: 'objectives', fields: ['constraints.accuracy'] },
    ]);
  });
});
