/**
 * Tree-structured Parzen Estimator (Bergstra et al., NIPS 2011) as in Optuna 5: multivariate, with
 * running trials among the bad ones. Of 24 candidates drawn from the density of the good trials, a
 * proposal is the one with the largest ratio to the density of all others.
 *
 * - The first trials are uniform draws, until `startup` trials have ended.
 * - Parameters with the same conditions form a group with its own densities; a group is estimated
 *   from the trials that have it. Optuna derives groups from the trials so far, here they are those
 *   of the space.
 * - Failed and diverged trials count as bad; Optuna ignores them.
 * - A candidate that equals a trial gives way to the next best one.
 */
import { at } from '../../at.ts';
import { PURPOSE, Stream } from '../../random.ts';
import { isActive } from '../../search-space/activity.ts';
import type { Axis } from '../../search-space/axis.ts';
import type { EncodedParams } from '../../search-space/distribution.ts';
import { sameKey } from '../../search-space/duplicate-key.ts';
import type { HistoryView } from '../../study/history.ts';
import { Distinct } from '../distinct.ts';
import type { Proposal, Sampler } from '../sampler.ts';
import { uniformPoint } from '../uniform-point.ts';
import { Densities } from './densities.ts';
import { GoodTrials } from './good-trials.ts';
import { groupsOf } from './groups.ts';
import { CANDIDATES, RankedCandidates } from './ranked-candidates.ts';

/** @param startup number of ended trials from which densities are estimated */
export function tpe(axes: readonly Axis[], seed: number, startup: number): Sampler {
  const distinct = new Distinct(axes, seed);
  const goodTrials = new GoodTrials();
  const groups = groupsOf(axes).map((group, index) => ({
    axes: group,
    first: at(group, 0),
    index,
    densities: new Densities(group),
  }));

  /** Returns a function that writes a group's candidate of a rank and batch to a point. */
  const candidatesOf = (
    number: number,
    group: (typeof groups)[number],
  ): ((params: EncodedParams, retry: number) => void) => {
    const batches: RankedCandidates[] = [];
    return (params, retry) => {
      const batch = Math.floor(retry / CANDIDATES);
      const position = {
        purpose: PURPOSE.mutate,
        trial: number + 1,
        ordinal: batch,
        round: group.index,
      };
      batches[batch] ??= new RankedCandidates(
        axes.length,
        group.densities,
        new Stream(seed, position),
      );
      const candidate = at(batches, batch).at(retry % CANDIDATES);
      for (const { index } of group.axes) params[index] = at(candidate, index);
    };
  };

  const one = (
    number: number,
    history: HistoryView,
    good: readonly number[],
    batch: readonly Proposal[],
  ): Proposal | null => {
    const isTaken = (params: EncodedParams): boolean =>
      history.has(params, number) || batch.some((made) => sameKey(axes, made.params, params));
    if (history.count < startup || good.length === 0 || groups.length === 0)
      return distinct.one(number, isTaken, (_, retry) => ({
        params: uniformPoint(
          axes,
          new Stream(seed, { purpose: PURPOSE.params, trial: number + 1, ordinal: retry }),
        ),
        origin: { operator: 'uniform', parents: [], generation: 0 },
      }));
    const paramsOf = (other: number): EncodedParams => {
      const params = batch[other - (number - batch.length)]?.params ?? history.params(other);
      if (params === null)
        throw new RangeError(`the history lacks the parameters of trial ${other}`);
      return params;
    };
    const choices = groups.map((group) => {
      group.densities.update(number, good, paramsOf);
      return { group, write: candidatesOf(number, group) };
    });
    return distinct.one(number, isTaken, (_, retry) => {
      const params = Float64Array.from(axes, (axis) => (axis.low === axis.high ? axis.low : NaN));
      for (const { group, write } of choices)
        if (isActive(group.first, params)) write(params, retry);
      for (const axis of axes) if (!isActive(axis, params)) params[axis.index] = NaN;
      return { params, origin: { operator: 'tpe', parents: [], generation: 0 } };
    });
  };

  return {
    name: 'tpe',
    window: { kind: 'all' },
    repeats: false,
    barrier: null,
    size: null,
    propose: (first, count, history) => {
      const good = goodTrials.of(history);
      const proposals: Proposal[] = [];
      while (proposals.length < count) {
        const proposal = one(first + proposals.length, history, good, proposals);
        if (proposal === null) break;
        proposals.push(proposal);
      }
      // Proposals of this call are not yet trials, so the densities must not keep them.
      for (const { densities } of groups) densities.truncate(first);
      return proposals;
    },
  };
}
