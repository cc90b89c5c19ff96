/**
 * Table of the samplers: purpose, settings with bounds and defaults, and constructor. Checks, help
 * texts and schemas are derived from it.
 */
import { InvalidInput } from '../errors.ts';
import type { Problem } from '../errors.ts';
import { axesOf } from '../search-space/axis.ts';
import type { Axis } from '../search-space/axis.ts';
import type { SearchSpace } from '../search-space/distribution.ts';
import { checkSettings, optional, required, settingsOf, unknownName, word } from '../settings.ts';
import type { Settings, SettingTable } from '../settings.ts';
import type { HistoryTrial } from '../study/start-history.ts';
import type { Direction } from '../study/study-spec.ts';
import { algorithmOf } from './auto.ts';
import { cmaEs, MOST_NUMBERS } from './cma-es/cma-es.ts';
import { Translation } from './cma-es/mixed-space.ts';
import { RESTARTS } from './cma-es/restarts.ts';
import { generational } from './generational.ts';
import { evolution } from './evolution.ts';
import { guidedEvolution } from './guided-evolution/guided-evolution.ts';
import { gp } from './gp.ts';
import { grid, gridPoints, LARGEST_GRID } from './grid.ts';
import { nsga2 } from './nsga2.ts';
import { pbt, PBT_SETTINGS } from './pbt.ts';
import { random } from './random.ts';
import type { Sampler, SamplerSpec } from './sampler.ts';
import { sobol } from './sobol.ts';
import { tpe } from './tpe/tpe.ts';
import { withHistory } from './with-history.ts';

/**
 * Place where the coordinator asks a sampler: its event loop, if a proposal takes well below a
 * millisecond whatever the history, else in a thread.
 */
export type SamplerCost = 'inline' | 'thread';

interface Kind {
  /** Display name. */
  readonly title: string;
  /** Advice on when to choose it. */
  readonly pick: string;
  readonly cost: SamplerCost;
  /**
   * True if it takes studies that list several objectives or constraints, because it ranks by them
   * or ranks nothing. Absent: one objective without constraints only.
   */
  readonly severalObjectives?: true;
  readonly settings: SettingTable;
  readonly check?: (axes: readonly Axis[], settings: Settings, path: string) => Problem[];
  readonly make: (axes: readonly Axis[], seed: number, settings: Settings) => Sampler;
}

/** Settings of `breeding.ts`. */
const variation: SettingTable = {
  crossover: {
    integer: false,
    low: 0,
    high: 1,
    default: 0.9,
    meaning: 'share of offspring with two parents',
  },
  unmutated: {
    integer: false,
    low: 0,
    high: 1,
    default: 0.5,
    meaning: 'share of the offspring of two parents that are not mutated',
  },
  sigma: {
    integer: false,
    low: 1e-6,
    high: 1,
    default: 0.3,
    meaning: 'size of the largest mutation, as a share of the range',
  },
};

const kinds: Readonly<Record<string, Kind>> = {
  auto: {
    title: 'Auto',
    pick: 'The default: chooses guided evolution, evolution, NSGA-II or a grid when the study is created, from its space, its number of trials and the workers, and says why.',
    cost: 'thread',
    severalObjectives: true,
    settings: {},
    make: (axes, seed) => guidedEvolution(axes, seed),
  },
  evolution: {
    title: 'Evolution',
    pick: 'Parents are the best trials so far, with no waiting between generations. For 30 trials or more, on any space and any number of workers.',
    cost: 'inline',
    settings: {
      initial: {
        integer: true,
        low: 1,
        high: 10_000,
        default: 12,
        meaning: 'random trials before the first offspring',
      },
      population: {
        integer: true,
        low: 1,
        high: 10_000,
        default: 5,
        meaning: 'number of the best trials that may be parents',
      },
      tournament: {
        integer: true,
        low: 1,
        high: 1000,
        default: 5,
        meaning: 'candidates of which the best becomes a parent',
      },
      ...variation,
    },
    make: (axes, seed, settings) =>
      evolution(axes, seed, {
        initial: required(settings, 'initial'),
        population: required(settings, 'population'),
        tournament: required(settings, 'tournament'),
        crossover: required(settings, 'crossover'),
        unmutated: required(settings, 'unmutated'),
        sigma: required(settings, 'sigma'),
      }),
  },
  'guided-evolution': {
    title: 'Guided evolution',
    pick: 'Evolution whose children a model of the finished trials chooses: better trials from fewer, at about 10 ms each. For expensive trials, up to a few thousand.',
    cost: 'thread',
    settings: {},
    make: (axes, seed) => guidedEvolution(axes, seed),
  },
  generational: {
    title: 'Generational evolution',
    pick: 'The published evolution in generations of 4, to compare with its figures. Same trials on any number of workers.',
    cost: 'inline',
    settings: {
      population: {
        integer: true,
        low: 1,
        high: 1024,
        default: 4,
        meaning: 'size of the population and of a generation',
      },
    },
    make: (axes, seed, settings) => generational(axes, seed, required(settings, 'population')),
  },
  tpe: {
    title: 'TPE',
    pick: "Optuna's Tree-structured Parzen Estimator: for 100 trials or more, on any space, and to compare with Optuna.",
    cost: 'thread',
    settings: {
      startup: {
        integer: true,
        low: 1,
        high: 10_000,
        default: 10,
        meaning: 'number of trials that must have ended before the first modelled one',
      },
    },
    make: (axes, seed, settings) => tpe(axes, seed, required(settings, 'startup')),
  },
  gp: {
    title: 'Gaussian process',
    pick: 'Bayesian optimization alone: for smooth objectives of few numeric parameters. Guided evolution is better on rough and mixed spaces.',
    cost: 'thread',
    settings: {},
    make: (axes, seed) => gp(axes, seed),
  },
  'cma-es': {
    title: 'CMA-ES',
    pick: 'Learns how parameters depend on each other: for several hundred trials or more of a few numeric parameters, with few workers. Integers and categoricals too.',
    cost: 'thread',
    settings: {
      population: {
        integer: true,
        low: 4,
        high: 10_000,
        default: null,
        meaning: 'number of trials of a generation; unset: 4 + 3 ln d for d parameters',
      },
      sigma: {
        integer: false,
        low: 1e-6,
        high: 1,
        default: 0.2,
        meaning: 'first standard deviation, as a share of the range',
      },
      restarts: {
        words: RESTARTS,
        default: 'ipop',
        meaning:
          'after a search that finds nothing new: ipop doubles the population, bipop also tries small ones',
      },
    },
    check: checkNumbers,
    make: (axes, seed, settings) =>
      cmaEs(axes, seed, {
        population: optional(settings, 'population'),
        sigma: required(settings, 'sigma'),
        restarts: word(settings, 'restarts', RESTARTS),
      }),
  },
  random: {
    title: 'Random',
    pick: 'Uniform draws: the baseline, and the choice for few trials. Same trials on any number of workers.',
    cost: 'inline',
    severalObjectives: true,
    settings: {},
    make: (axes, seed) => random(axes, seed),
  },
  sobol: {
    title: 'Sobol sequence',
    pick: 'Spreads trials more evenly than random draws: to survey a space, and the better baseline for continuous parameters. Same trials on any number of workers.',
    cost: 'inline',
    severalObjectives: true,
    settings: {},
    make: (axes, seed) => sobol(axes, seed),
  },
  nsga2: {
    title: 'NSGA-II',
    pick: 'For several objectives: evolution towards the whole Pareto front, constraints included. On any space.',
    cost: 'inline',
    severalObjectives: true,
    settings: {
      initial: {
        integer: true,
        low: 1,
        high: 10_000,
        default: 16,
        meaning: 'random trials before the first offspring',
      },
      population: {
        integer: true,
        low: 2,
        high: 1000,
        default: 16,
        meaning: 'number of trials that may be parents',
      },
      tournament: {
        integer: true,
        low: 1,
        high: 1000,
        default: 2,
        meaning: 'candidates of which the best becomes a parent',
      },
      ...variation,
    },
    make: (axes, seed, settings) =>
      nsga2(axes, seed, {
        initial: required(settings, 'initial'),
        population: required(settings, 'population'),
        tournament: required(settings, 'tournament'),
        crossover: required(settings, 'crossover'),
        unmutated: required(settings, 'unmutated'),
        sigma: required(settings, 'sigma'),
      }),
  },
  pbt: {
    title: 'Population-based training',
    pick: 'Members train at once; the worst copy the weights of the best and vary their parameters. Finds a schedule, such as of the learning rate, in one training of the population. A trial is a round of one member.',
    cost: 'inline',
    settings: PBT_SETTINGS,
    make: (axes, seed, settings) =>
      pbt(axes, seed, {
        population: required(settings, 'population'),
        interval: required(settings, 'interval'),
        rounds: optional(settings, 'rounds'),
        quantile: required(settings, 'quantile'),
        resample: required(settings, 'resample'),
      }),
  },
  grid: {
    title: 'Grid',
    pick: 'Every combination once: for few parameters with few values. Same trials on any number of workers.',
    cost: 'inline',
    severalObjectives: true,
    settings: {
      divisions: {
        integer: true,
        low: 1,
        high: 1_000_000,
        default: null,
        meaning: 'number of values of a continuous float, without its bounds',
      },
    },
    check: checkGrid,
    make: (axes, seed, settings) => grid(axes, seed, optional(settings, 'divisions')),
  },
};

/** Earlier names of samplers, which study files and lab files may still contain. */
const formerNames: ReadonlyMap<string, string> = new Map([['evolution-seed', 'generational']]);

/** Returns the current name of a sampler; unknown names are returned unchanged. */
export function presentName(name: string): string {
  return formerNames.get(name) ?? name;
}

/** Name and advice of every sampler, the default first. */
export const samplerNames: readonly { readonly name: string; readonly pick: string }[] =
  Object.entries(kinds).map(([name, { pick }]) => ({
    name,
    pick,
  }));

/** Display name of an algorithm in a sentence; unknown names are returned unchanged. */
export function algorithmTitle(name: string): string {
  return kindOf(name)?.title ?? name;
}

/** Fields shown in forms for every sampler, the default first. */
export const samplers: readonly (Pick<Kind, 'title' | 'pick' | 'settings'> & {
  readonly name: string;
})[] = Object.entries(kinds).map(([name, { title, pick, settings }]) => ({
  name,
  title,
  pick,
  settings,
}));

/** Returns the cost class of a sampler whose spec has passed its check. */
export function samplerCost(spec: SamplerSpec): SamplerCost {
  return kindOf(algorithmOf(spec))?.cost ?? 'inline';
}

/** Samplers whose proposals do not depend on results. */
const LEARNS_NOTHING: ReadonlySet<string> = new Set(['random', 'sobol', 'grid']);

export function learnsFromResults(name: string): boolean {
  return !LEARNS_NOTHING.has(name);
}

/** Returns whether the sampler takes studies that list several objectives or constraints. */
export function takesSeveralObjectives(name: string): boolean {
  return kindOf(name)?.severalObjectives === true;
}

export const defaultSampler: SamplerSpec = { name: 'auto' };

/**
 * Returns all problems of a study's sampler entry.
 * @param space null if it has problems of its own; then only name and settings are checked
 * @param path position of the entry, used as prefix of the problems' paths
 */
export function checkSampler(
  spec: SamplerSpec,
  space: SearchSpace | null,
  path = 'sampler',
): Problem[] {
  const kind = kindOf(spec.name);
  if (kind === undefined) return [unknownName('sampler', spec.name, path, Object.keys(kinds))];
  if (spec.name === 'auto') return choiceProblems(spec, space, path);
  const problems = checkSettings(kind.settings, spec, path);
  if (problems.length > 0 || space === null || kind.check === undefined) return problems;
  return kind.check(axesOf(space), settingsOf(kind.settings, spec), path);
}

/** Problems of an entry of `auto`, with or without a recorded choice. */
function choiceProblems(
  { name, uses, ...spec }: SamplerSpec,
  space: SearchSpace | null,
  path: string,
): Problem[] {
  const settings = Object.entries(spec).filter(([setting]) => setting !== 'because');
  const problems = checkSettings({}, { ...Object.fromEntries(settings), name }, path);
  if (uses === undefined || problems.length > 0) return problems;
  if (typeof uses === 'string' && uses !== 'auto')
    return checkSampler({ name: uses }, space, `${path}.uses`);
  const found = JSON.stringify(uses);
  return [{ code: 'unknown-sampler', path: `${path}.uses`, expected: 'a sampler', found }];
}

/**
 * Creates a sampler.
 * @param seed the study's seed
 * @param history trials of other searches that it learns from, if it learns at all
 * @throws InvalidInput with every problem of the spec; the space must have passed its own check
 */
export function createSampler(
  spec: SamplerSpec,
  space: SearchSpace,
  _direction: Direction,
  seed: number,
  history: readonly HistoryTrial[] = [],
): Sampler {
  const problems = checkSampler(spec, space);
  const kind = kindOf(algorithmOf(spec));
  if (problems.length > 0 || kind === undefined) throw new InvalidInput('sampler', problems);
  const sampler = kind.make(axesOf(space), seed, settingsOf(kind.settings, spec));
  return withHistory(sampler, space, history);
}

function kindOf(name: string): Kind | undefined {
  return Object.hasOwn(kinds, name) ? kinds[name] : undefined;
}

function checkNumbers(axes: readonly Axis[], _: Settings, path: string): Problem[] {
  const { numeric } = new Translation(axes);
  if (numeric <= MOST_NUMBERS) return [];
  return [
    {
      code: 'too-many-parameters',
      path,
      expected: `at most ${MOST_NUMBERS} numeric parameters for cma-es`,
      found: String(numeric),
      hint: 'fewer parameters, or another sampler, such as evolution',
    },
  ];
}

function checkGrid(axes: readonly Axis[], settings: Settings, path: string): Problem[] {
  const divisions = optional(settings, 'divisions');
  const unbounded =
    divisions === null
      ? axes.filter((axis) => axis.kind === 'continuous').map((axis) => axis.name)
      : [];
  if (unbounded.length > 0) {
    const hint = `give ${unbounded.join(', ')} a step, or set ${path}.divisions`;
    return [
      {
        code: 'unbounded-grid',
        path,
        expected: 'a finite number of values for every parameter',
        found: `continuous ${unbounded.join(', ')}`,
        hint,
      },
    ];
  }
  const { size } = gridPoints(axes, divisions);
  if (size <= LARGEST_GRID) return [];
  return [
    {
      code: 'grid-too-large',
      path,
      expected: `at most ${LARGEST_GRID} combinations`,
      found: String(size),
      hint: 'larger steps, or another sampler',
    },
  ];
}
