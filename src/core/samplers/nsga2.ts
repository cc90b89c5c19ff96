/**
 * NSGA-II (Deb et al. 2002) in its asynchronous steady-state form (Nebro & Durillo 2009): every
 * proposal is one child of the population, and every completion joins it and displaces the worst.
 *
 * - The first `initial` trials are a Latin hypercube, as for evolution.
 * - The worst member has the highest rank by constrained domination and, within that rank, the
 *   smallest crowding distance; of equal ones the latest.
 * - Each of two parents wins a tournament of `tournament` members: lower rank, then larger crowding
 *   distance.
 * - Crossover and mutation are those of evolution (`breeding.ts`).
 *
 * Failed and diverged trials never join. A study with one objective is ranked by its value.
 */
import { at } from '../at.ts';
import { PURPOSE, Stream } from '../random.ts';
import type { Axis } from '../search-space/axis.ts';
import { crowdingOf, oriented, ranksOf } from '../study/domination.ts';
import type { Point } from '../study/domination.ts';
import type { HistoryView } from '../study/history.ts';
import { bred, foundersOf, mutationsAfter } from './breeding.ts';
import type { Variation } from './breeding.ts';
import { Distinct } from './distinct.ts';
import type { Sampler } from './sampler.ts';

export interface Nsga2Settings extends Variation {
  readonly initial: number;
  readonly population: number;
  readonly tournament: number;
  readonly crossover: number;
}

export function nsga2(axes: readonly Axis[], seed: number, settings: Nsga2Settings): Sampler {
  const distinct = new Distinct(axes, seed);
  const founder = foundersOf(axes, seed, settings.initial);
  const survivors = new Survivors(settings.population);
  return {
    name: 'nsga2',
    window: { kind: 'all' },
    repeats: false,
    barrier: null,
    size: null,
    propose: (first, count, history) => {
      const population = survivors.of(history);
      return distinct.propose(first, count, history, (number, retry) => {
        if (number < settings.initial || population.length === 0) return founder(number, retry);
        const stream = new Stream(seed, {
          purpose: PURPOSE.mutate,
          trial: number + 1,
          ordinal: retry,
        });
        const mother = winner(population, settings.tournament, stream);
        const father =
          stream.uniform() < settings.crossover
            ? winner(population, settings.tournament, stream)
            : mother;
        return bred(axes, settings, [mother, father], history, stream, mutationsAfter(retry));
      });
    },
  };
}

/**
 * Tournament selection among members drawn with replacement. The population is sorted, best first.
 */
function winner(population: readonly number[], tournament: number, stream: Stream): number {
  let place = population.length - 1;
  for (let i = 0; i < tournament; i++) place = Math.min(place, stream.below(population.length));
  return at(population, place);
}

interface Member extends Point {
  readonly number: number;
  /** Value of the first objective. */
  readonly value: number;
}

/**
 * The population after a view's completions. Remembers the population of the last view, and adds
 * only the completions that are new in the next; starts over if an earlier one differs.
 */
export class Survivors {
  readonly #size: number;
  #seen: Member[] = [];
  #members: readonly Member[] = [];

  constructor(size: number) {
    this.#size = size;
  }

  /** Numbers of the members: lower ranks first, then larger crowding distances, then by number. */
  of(history: HistoryView): readonly number[] {
    if (!this.#continues(history)) {
      this.#seen = [];
      this.#members = [];
    }
    while (this.#seen.length < history.count) this.#add(memberOf(history, this.#seen.length));
    return sorted(this.#members).map(({ number }) => number);
  }

  #continues(history: HistoryView): boolean {
    return (
      this.#seen.length <= history.count &&
      this.#seen.every((seen, i) => {
        const number = history.completion(i);
        return (
          number === seen.number &&
          history.value(number) === seen.value &&
          history.violation(number) === seen.violation
        );
      })
    );
  }

  #add(member: Member): void {
    this.#seen.push(member);
    if (!member.at.every(Number.isFinite)) return;
    const members = [...this.#members, member];
    this.#members = members.length > this.#size ? sorted(members).slice(0, -1) : members;
  }
}

function memberOf(history: HistoryView, completion: number): Member {
  const number = history.completion(completion);
  return {
    number,
    value: history.value(number),
    at: oriented(history.values(number), history.directions),
    violation: history.violation(number),
  };
}

/** Sorts by the crowded-comparison operator. */
function sorted(members: readonly Member[]): readonly Member[] {
  const ranks = ranksOf(members);
  const crowding = new Map<number, number>();
  for (const rank of new Set(ranks)) {
    const front = members.filter((_, i) => ranks[i] === rank);
    for (const [i, distance] of crowdingOf(front).entries())
      crowding.set(at(front, i).number, distance);
  }
  const order = members.map((member, i) => ({
    member,
    rank: at(ranks, i),
    distance: crowding.get(member.number) ?? 0,
  }));
  order.sort(
    (a, b) =>
      a.rank - b.rank ||
      (a.distance === b.distance ? a.member.number - b.member.number : b.distance - a.distance),
  );
  return order.map(({ member }) => member);
}
