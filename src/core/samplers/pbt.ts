/**
 * Population-based training (Jaderberg et al., arXiv 1711.09846): a population of members trains
 * together, and its parameters change while it trains. Each trial is a round: one member trains for
 * `interval` epochs from the checkpoint of an earlier trial, so a restart repeats a round at most.
 * The round's number is the trial's generation. Without a barrier between rounds.
 *
 * - The first `population` trials are a Latin hypercube. Later, the member with the fewest rounds
 *   goes on; of several the best.
 * - A member in the worst `quantile` copies a member drawn from the best `quantile`: it starts from
 *   the other's checkpoint of the same round, with parameters that `explored` varies. All other
 *   members go on with their parameters. The parents of a copy are the copied trial and the
 *   member's own last trial, so that the members follow from the parents.
 * - Members are compared at the round that they have just ended, with all others at that round. A
 *   member goes on as soon as enough others rank behind it. Those that may be among the worst wait
 *   until all members have ended the round, or half of those that have ended it also the next one.
 *   Then, or if nothing else trains, the members that have ended it are compared, if they are four
 *   or half of the population. So members on fast workers copy each other while the others train on
 *   slow ones. Fewer would soon descend from one.
 * - A member whose trial failed or diverged has no checkpoint. It ranks behind all others and always
 *   copies, of the best that have ended its round. If nothing can go on, the first member starts
 *   anew.
 *
 * Jaderberg et al. rank a member against the whole population when it is ready (truncation
 * selection). Implementations take the last score of each member at that time, of whatever step,
 * and compare as soon as two members have one (`_quantiles` of Ray Tune's `pbt.py` with
 * `synch=False`, and of Syne Tune's): while values improve fast, the members that are behind rank
 * worst, and those that are ahead never copy.
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

/**
 * Fewest members of a population. As many are compared without the others, however many those are.
 */
const FEWEST_MEMBERS = 4;

export const PBT_SETTINGS: SettingTable = {
  population: {
    integer: true,
    low: FEWEST_MEMBERS,
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
    meaning: 'share of the members, the worst, that copy one of the same share of best ones',
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
      const due = members.moves(history).filter(({ isEarly }) => !isEarly).length;
      // If nothing trains, the first of those that wait goes on, or the sampler is exhausted.
      return due > 0 || members.hasOpen(history) ? due : 1;
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
  /** True if members that have not ended its round may rank behind it. */
  readonly isEarly: boolean;
}

/** Members that have ended a round. */
interface Compared {
  /** Their trials, best first. */
  readonly ranked: readonly number[];
  /** Number of trials in `ranked` that have a value and so a checkpoint. */
  readonly trained: number;
  /** Number of members that have ended the next round. */
  readonly ahead: number;
}

/** The members at one time: of each its trials by round, and the last of them, its leaf. */
class Members {
  readonly leaves: number[] = [];
  readonly #settings: Pick<PbtSettings, 'population' | 'rounds' | 'quantile'>;
  /** Member and round of each trial. */
  readonly #of: { readonly member: number; readonly round: number }[] = [];
  /** [member][round] number of the trial. */
  readonly #trials: (number | undefined)[][] = [];

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
    const isNew = own === undefined;
    const member = isNew
      ? number < this.#settings.population
        ? number
        : 0
      : at(this.#of, own).member;
    this.#of[number] = { member, round: generation };
    this.leaves[member] = number;
    // A member that starts anew is compared by its new trials only.
    if (isNew) this.#trials[member] = [];
    at(this.#trials, member)[generation] = number;
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
   * Returns the members that can go on, those with the fewest rounds first, of these the best, and
   * last those for which it is early.
   */
  moves(history: HistoryView): Move[] {
    const rounds = new Map<number, Compared>();
    const comparedAt = (round: number): Compared => {
      const known = rounds.get(round) ?? this.#compare(round, history);
      rounds.set(round, known);
      return known;
    };
    const idle = [...this.leaves.entries()]
      .filter(([, leaf]) => history.ended(leaf) && !this.#isDone(leaf))
      .sort(
        ([a, leafA], [b, leafB]) =>
          this.roundOf(leafA) - this.roundOf(leafB) ||
          byCost(costOf(leafA, history), costOf(leafB, history)) ||
          a - b,
      );
    const moves = idle.flatMap(([member, leaf]) => {
      const { donors, isEarly } = this.#standing(leaf, comparedAt(this.roundOf(leaf)), history);
      const canGoOn = donors.length > 0 || isTrained(leaf, history);
      return canGoOn ? [{ member, donors, isEarly }] : [];
    });
    return [...moves.filter(({ isEarly }) => !isEarly), ...moves.filter(({ isEarly }) => isEarly)];
  }

  #isDone(leaf: number): boolean {
    return this.roundOf(leaf) + 1 >= (this.#settings.rounds ?? Infinity);
  }

  /** Compares the members that have ended a round, at that round. */
  #compare(round: number, history: HistoryView): Compared {
    const endedAt = (trials: readonly (number | undefined)[], i: number): number[] => {
      const trial = trials[i];
      return trial !== undefined && history.ended(trial) ? [trial] : [];
    };
    const ranked = this.#trials
      .flatMap((trials) => endedAt(trials, round))
      .sort(
        (a, b) =>
          byCost(costOf(a, history), costOf(b, history)) ||
          at(this.#of, a).member - at(this.#of, b).member,
      );
    return {
      ranked,
      trained: ranked.filter((trial) => isTrained(trial, history)).length,
      ahead: this.#trials.flatMap((trials) => endedAt(trials, round + 1)).length,
    };
  }

  /**
   * Returns whether it is too early to say if a member copies another after its leaf, and the
   * trials of which it copies one, by what is known now; none: it goes on by itself.
   */
  #standing(
    leaf: number,
    { ranked, trained, ahead }: Compared,
    history: HistoryView,
  ): Pick<Move, 'donors' | 'isEarly'> {
    const { population } = this.#settings;
    const mustCopy = !isTrained(leaf, history);
    const behind = ranked.length - 1 - ranked.indexOf(leaf);
    const waiting = this.#share(population);
    if (!mustCopy && behind >= waiting) return { donors: [], isEarly: false };
    const enough = Math.max(1, Math.min(ranked.length / 2, ranked.length - waiting));
    const isEarly = ranked.length < population && ahead < enough;
    const share = this.#share(ranked.length);
    const isCompared = ranked.length >= Math.min(FEWEST_MEMBERS, population / 2);
    const isWorst = isCompared && behind < share;
    const best = ranked.slice(0, Math.min(share, trained)).filter((trial) => trial !== leaf);
    return { donors: mustCopy || isWorst ? best : [], isEarly };
  }

  /** Number of members that are the worst of `count`, or the best. */
  #share(count: number): number {
    return Math.max(1, Math.floor(this.#settings.quantile * count));
  }
}

/** Returns whether an ended trial has a value, and so a checkpoint. */
function isTrained(trial: number, history: HistoryView): boolean {
  return Number.isFinite(history.value(trial));
}

/** Value of an ended trial, less is better; infinite for a trial that failed or diverged. */
function costOf(trial: number, history: HistoryView): number {
  if (!isTrained(trial, history)) return Infinity;
  return (history.direction === 'minimize' ? 1 : -1) * history.value(trial);
}

function byCost(a: number, b: number): number {
  return a === b ? 0 : a - b;
}

/**
 * Varies parameters: each is drawn anew with probability `resample`. Otherwise a number is
 * multiplied by 1.2 or 0.8, an ordinal one moves by at least one step, and a categorical one to a
 * neighbour in its list. Bounds clip.
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
