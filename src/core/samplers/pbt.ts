/**
 * Population-based training (Jaderberg et al., arXiv 1711.09846): a population of members trains
 * together, and its parameters change while it trains. Each trial is a round: one member trains for
 * `interval` epochs from the checkpoint of an earlier trial, so a restart repeats a round at most.
 * The round's number is the trial's generation. Without a barrier between rounds.
 *
 * - The first `population` trials are a Latin hypercube. Later, the member with the fewest rounds
 *   goes on; of several the best, so that the worst are compared when most have reached their round.
 * - A member in the worst `quantile` copies a member drawn from the best `quantile`: it starts from
 *   the other's checkpoint of the same round, with parameters that `explored` varies. All other
 *   members go on with their parameters. The parents of a copy are the copied trial and the
 *   member's own last trial, so that the members follow from the parents.
 * - Members are compared at the same round; those that have not reached it, by the round before. As
 *   long as fewer than `LEAST_COMPARED` can be compared, none is copied for its value.
 * - While the best have not reached the round of a member that should copy one, the member waits. If
 *   no other trains, it goes on by itself.
 * - A member whose trial failed or diverged has no checkpoint. It copies a member as soon as one
 *   has reached its round. If nothing else can go on, the first member starts anew.
 */
import { at } from '../at.ts';
import { PURPOSE, Stream } from '../random.ts';
import { cellOfValue, valueOfCell } from '../search-space/axis.ts';
import type { Axis } from '../search-space/axis.ts';
import type { EncodedParams } from '../search-space/distribution.ts';
import { fromUnit } from '../search-space/unit-cube.ts';
import type { SettingTable } from '../settings.ts';
import type { HistoryView } from '../study/history.ts';
import { settle } from './breeding.ts';
import { LatinHypercube } from './latin-hypercube.ts';
import type { Origin, Proposal, Sampler } from './sampler.ts';

export interface PbtSettings {
  /** Number of members. */
  readonly population: number;
  /** Number of epochs of a round. */
  readonly interval: number;
  /** Number of rounds of a member; null: no limit. */
  readonly rounds: number | null;
  /** Share of the population that copies, and share that is copied. */
  readonly quantile: number;
  /** Probability with which a copied parameter is drawn anew. */
  readonly resample: number;
}

export const PBT_SETTINGS: SettingTable = {
  population: {
    integer: true,
    low: 4,
    high: 1000,
    default: 8,
    meaning: 'number of members; fewer than 8 soon descend from one',
  },
  interval: {
    integer: true,
    low: 1,
    high: 1_000_000,
    default: 1,
    meaning: 'epochs from one comparison of the members to the next',
  },
  rounds: {
    integer: true,
    low: 2,
    high: 1_000_000,
    default: null,
    meaning: 'comparisons in the training of a member; unset: until the epochs of the objective',
  },
  quantile: {
    integer: false,
    low: 0.01,
    high: 0.5,
    default: 0.25,
    meaning: 'share of the worst members that copy one of the best as many',
  },
  resample: {
    integer: false,
    low: 0,
    high: 1,
    default: 0.25,
    meaning: 'share of the parameters of a copy that are drawn anew; others change by a fifth',
  },
};

/** Operators of trials. */
export const PBT_OPERATORS = { found: 'latin-hypercube', goOn: 'continue', copy: 'copy' } as const;

const LEAST_COMPARED = 4;
const FACTORS = [1.2, 0.8] as const;
/** Change of a number that is 0, which no factor moves, as a share of the range. */
const STEP_FROM_ZERO = 0.1;

export function pbt(axes: readonly Axis[], seed: number, settings: PbtSettings): Sampler {
  const { population, interval, rounds } = settings;
  const founders = new LatinHypercube(axes, seed, population);
  const streamOf = (number: number): Stream =>
    new Stream(seed, { purpose: PURPOSE.mutate, trial: number + 1 });
  const propose = (number: number, members: Members, history: HistoryView): Proposal | null => {
    const stream = streamOf(number);
    const founder = (i: number): Proposal => ({
      params: founders.at(i, stream),
      origin: { operator: PBT_OPERATORS.found, parents: [], generation: 0 },
    });
    if (number < population) return founder(number);
    const [move] = members.moves(history);
    if (move === undefined) return members.areStuck(history) ? founder(0) : null;
    const own = at(members.leaves, move.member);
    const { donors } = move;
    if (donors.length === 0)
      return {
        params: Float64Array.from(history.params(own) ?? []),
        origin: {
          operator: PBT_OPERATORS.goOn,
          parents: [own],
          generation: members.roundOf(own) + 1,
        },
      };
    const donor = at(donors, stream.below(donors.length));
    return {
      params: explored(axes, history.params(donor), settings.resample, stream),
      origin: {
        operator: PBT_OPERATORS.copy,
        parents: [donor, own],
        generation: members.roundOf(own) + 1,
      },
    };
  };
  return {
    name: 'pbt',
    window: { kind: 'all' },
    ownTrialsOnly: true,
    repeats: true,
    barrier: null,
    size: rounds === null ? null : population * rounds,
    partOf: ({ parents, generation }) => ({
      source: parents[0] ?? null,
      from: generation * interval,
      until: (generation + 1) * interval,
    }),
    ready: (history) => {
      const { size } = history;
      if (size < population) return population - size;
      const members = new Members(settings, size, history);
      const hasOpen = members.hasOpen(history);
      // Asked for ahead of time, an early member would go on although other trials wait for workers.
      const moves = members.moves(history).filter(({ isEarly }) => !isEarly || !hasOpen);
      return moves.length > 0 || hasOpen ? moves.length : 1;
    },
    propose: (first, count, history) => {
      const members = new Members(settings, Math.min(first, history.size), history);
      const proposals: Proposal[] = [];
      for (let number = first; number < first + count; number++) {
        const proposal = propose(number, members, history);
        if (proposal === null) break;
        members.add(number, proposal.origin);
        proposals.push(proposal);
      }
      return proposals;
    },
  };
}

/** Returns the smallest number of rounds after which a member's last trial began. */
export function slowestRound(population: number, trials: Lineages): number {
  const members = new Members({ population, rounds: null, quantile: 0 }, trials.size, trials);
  return Math.min(...members.leaves.map((leaf) => members.roundOf(leaf)));
}

/** The trials of a study as the members follow from them. */
type Lineages = Pick<HistoryView, 'size' | 'parents' | 'generation'>;

/** A member that can go on. */
interface Move {
  readonly member: number;
  /** Trials of which it copies one; empty: it goes on by itself. */
  readonly donors: readonly number[];
  /** True if it should copy a trial, and no donor has reached its round. */
  readonly isEarly: boolean;
}

/** The members at one time: of each its trials by round, and the last of them, its leaf. */
class Members {
  readonly leaves: number[] = [];
  readonly #settings: Pick<PbtSettings, 'population' | 'rounds' | 'quantile'>;
  /** Member and round of each trial. */
  readonly #of: { readonly member: number; readonly round: number }[] = [];
  /** [member][round] number of the trial. */
  readonly #trials: number[][] = [];

  constructor(
    settings: Pick<PbtSettings, 'population' | 'rounds' | 'quantile'>,
    size: number,
    trials: Lineages,
  ) {
    this.#settings = settings;
    for (let number = 0; number < size; number++)
      this.add(number, {
        parents: trials.parents(number),
        generation: trials.generation(number),
      });
  }

  add(number: number, { parents, generation }: Pick<Origin, 'parents' | 'generation'>): void {
    const own = parents.at(-1);
    const member =
      own === undefined
        ? number < this.#settings.population
          ? number
          : 0
        : at(this.#of, own).member;
    this.#of[number] = { member, round: generation };
    this.leaves[member] = number;
    (this.#trials[member] ??= [])[generation] = number;
  }

  roundOf(number: number): number {
    return at(this.#of, number).round;
  }

  hasOpen(history: HistoryView): boolean {
    return this.leaves.some((leaf) => !history.ended(leaf));
  }

  /** Returns whether every member waits for another, since none has a checkpoint to go on from. */
  areStuck(history: HistoryView): boolean {
    return !this.hasOpen(history) && this.leaves.some((leaf) => !this.#isDone(leaf));
  }

  /**
   * Returns the members that can go on, those with the fewest rounds first, of these the best, and last
   * those for which it is early.
   */
  moves(history: HistoryView): Move[] {
    const sign = history.direction === 'minimize' ? 1 : -1;
    // Those without a value come last.
    const cost = (leaf: number): number =>
      isTrained(leaf, history) ? sign * history.value(leaf) : Infinity;
    const idle = [...this.leaves.entries()]
      .filter(([, leaf]) => history.ended(leaf) && !this.#isDone(leaf))
      .sort(
        ([a, leafA], [b, leafB]) =>
          this.roundOf(leafA) - this.roundOf(leafB) || cost(leafA) - cost(leafB) || a - b,
      );
    const moves = idle.flatMap(([member, leaf]) => {
      const { donors, isWorst } = this.#standing(member, leaf, history);
      const canGoOn = donors.length > 0 || isTrained(leaf, history);
      return canGoOn ? [{ member, donors, isEarly: isWorst && donors.length === 0 }] : [];
    });
    return [...moves.filter(({ isEarly }) => !isEarly), ...moves.filter(({ isEarly }) => isEarly)];
  }

  #isDone(leaf: number): boolean {
    return this.roundOf(leaf) + 1 >= (this.#settings.rounds ?? Infinity);
  }

  /**
   * Returns whether a member should copy another after its leaf, and the trials that it may copy, of
   * which there are none for the others.
   */
  #standing(
    member: number,
    leaf: number,
    history: HistoryView,
  ): { readonly isWorst: boolean; readonly donors: readonly number[] } {
    const round = this.roundOf(leaf);
    const sign = history.direction === 'minimize' ? 1 : -1;
    const compared = this.#trials
      .flatMap(
        (trials) => trialAt(trials, round, history) ?? trialAt(trials, round - 1, history) ?? [],
      )
      .sort((a, b) => sign * Math.sign(history.value(a) - history.value(b)) || a - b);
    const mayDonate = (trial: number): boolean =>
      this.roundOf(trial) === round && at(this.#of, trial).member !== member;
    const trained = compared.filter((trial) => isTrained(trial, history));
    const few = compared.length < LEAST_COMPARED;
    const share = few ? 0 : Math.max(1, Math.floor(this.#settings.quantile * compared.length));
    const best = trained.slice(0, share).filter(mayDonate);
    if (isTrained(leaf, history)) {
      const isWorst = compared.indexOf(leaf) >= compared.length - share;
      return { isWorst, donors: isWorst ? best : [] };
    }
    return { isWorst: true, donors: best.length > 0 ? best : trained.filter(mayDonate) };
  }
}

/** The ended trial of a member at a round; undefined: it has not reached it. */
function trialAt(
  trials: readonly (number | undefined)[],
  round: number,
  history: HistoryView,
): number | undefined {
  const trial = trials[round];
  return trial !== undefined && history.ended(trial) ? trial : undefined;
}

/** Returns whether an ended trial has a value, and so a checkpoint. */
function isTrained(trial: number, history: HistoryView): boolean {
  return Number.isFinite(history.value(trial));
}

/**
 * Varies parameters: each is drawn anew with probability `resample`. Otherwise a number is multiplied by
 * 1.2 or 0.8, an ordinal one moves by at least one step, and a categorical one to a neighbour in its
 * list. Bounds clip.
 */
export function explored(
  axes: readonly Axis[],
  params: EncodedParams | null,
  resample: number,
  stream: Stream,
): EncodedParams {
  const child = Float64Array.from(params ?? []);
  for (const axis of axes) {
    const value = child[axis.index] ?? NaN;
    if (Number.isNaN(value)) continue;
    const anew = stream.uniform() < resample;
    const up = stream.uniform() < 0.5;
    child[axis.index] = anew ? fromUnit(axis, stream.uniform53()) : moved(axis, value, up);
  }
  settle(axes, child, stream);
  return child;
}

function moved(axis: Axis, value: number, up: boolean): number {
  const factor = FACTORS[up ? 0 : 1];
  const step = value === 0 ? (factor > 1 ? 1 : -1) * STEP_FROM_ZERO * (axis.high - axis.low) : 0;
  const target = Math.max(axis.low, Math.min(axis.high, value * factor + step));
  if (axis.kind === 'continuous') return target;
  const [cell, last] = [cellOfValue(axis, value), axis.cells - 1];
  const wanted = axis.kind === 'categorical' ? cell : cellOfValue(axis, target);
  const rises = axis.kind === 'categorical' ? up : value < 0 ? !up : up;
  const next = wanted === cell ? cell + (rises ? 1 : -1) : wanted;
  return valueOfCell(axis, Math.max(0, Math.min(last, next)));
}
