/**
 * Table of the pruners: purpose, settings with bounds and defaults, and constructor. Checks, help
 * texts and schemas are derived from it. `auto` is not in it: it chooses one when a study is
 * created (`choose-pruner.ts`).
 */
import { InvalidInput } from '../errors.ts';
import type { Problem } from '../errors.ts';
import { checkSettings, optional, required, settingsOf, unknownName } from '../settings.ts';
import type { Settings, SettingTable } from '../settings.ts';
import { asha } from './asha.ts';
import { hopeless } from './hopeless.ts';
import { hyperband } from './hyperband.ts';
import { median } from './median.ts';
import { patient } from './patient.ts';
import { ashaPromotion } from './promotion.ts';
import type { Pruner, PrunerSpec, Reporting } from './pruner.ts';
import { wilcoxon } from './wilcoxon.ts';

interface Kind {
  /** Display name. */
  readonly title: string;
  /** Advice on when to choose it. */
  readonly pick: string;
  readonly settings: SettingTable;
  /** True if it needs to know how many reports a whole training gives. */
  readonly needsLength: boolean;
  /** Settings that count epochs and must be fewer than a training has. */
  readonly withinTraining: readonly string[];
  /** Null: stops nothing. */
  readonly make: ((settings: Settings, training: Training) => Pruner) | null;
}

interface Training extends Reporting {
  /** The study's seed. */
  readonly seed: number;
}

const eta = {
  integer: true,
  low: 2,
  high: 100,
  default: 3,
  meaning: 'one of this many trials goes on at each rung',
} as const;

const firstRung = {
  integer: true,
  low: 1,
  high: 1_000_000,
  default: null,
  meaning: 'epochs of the first rung; unset: a ninth of the training',
} as const;

function ninthOf(length: number | null): number {
  return Math.max(1, Math.ceil((length ?? 1) / 9));
}

const kinds: Readonly<Record<string, Kind>> = {
  hopeless: {
    title: 'Hopeless',
    pick: 'Stops a trial that even the late gain of the luckiest finished trials could not make the best. Never worse than none in our measurements.',
    needsLength: true,
    withinTraining: [],
    settings: {
      finished: {
        integer: true,
        low: 1,
        high: 10_000,
        default: 4,
        meaning: 'finished trials before any is stopped',
      },
      warmup: {
        integer: false,
        low: 0,
        high: 1,
        default: 0.1,
        meaning: 'share of a training in which no trial is stopped',
      },
      quantile: {
        integer: false,
        low: 0,
        high: 1,
        default: 0.1,
        meaning: 'share of the finished trials that are luckier than the gain a trial is granted',
      },
    },
    make: (settings, reporting) =>
      hopeless(reporting, {
        finished: required(settings, 'finished'),
        warmup: required(settings, 'warmup'),
        quantile: required(settings, 'quantile'),
      }),
  },
  asha: {
    title: 'ASHA',
    pick: 'Successive halving: at a ninth and a third of the training only the best third goes on. Saves most, and may stop the later best.',
    needsLength: true,
    withinTraining: ['first'],
    settings: { first: firstRung, eta },
    make: (settings, { length }) =>
      asha(
        { first: optional(settings, 'first') ?? ninthOf(length), eta: required(settings, 'eta') },
        length,
      ),
  },
  'asha-promotion': {
    title: 'ASHA by promotion',
    pick: 'Successive halving that pauses every trial at a ninth and a third of the training and goes on with the best third: never stops a later best for good. Needs checkpoints, and a sampler that does not learn.',
    needsLength: true,
    withinTraining: ['first'],
    settings: { first: firstRung, eta },
    make: (settings, { length }) =>
      ashaPromotion(
        { first: optional(settings, 'first') ?? ninthOf(length), eta: required(settings, 'eta') },
        length ?? 1,
      ),
  },
  hyperband: {
    title: 'Hyperband',
    pick: 'Successive halving from several first rungs at once: where it is unknown how early results tell anything.',
    needsLength: true,
    withinTraining: ['first'],
    settings: {
      first: {
        integer: true,
        low: 1,
        high: 1_000_000,
        default: 1,
        meaning: 'epochs of the first rung of the most eager bracket',
      },
      eta,
    },
    make: (settings, { length, seed }) =>
      hyperband(
        { first: required(settings, 'first'), eta: required(settings, 'eta') },
        length ?? 1,
        seed,
      ),
  },
  median: {
    title: 'Median',
    pick: "Stops a trial that is worse than the median of the complete trials at the same epoch: Optuna's default.",
    needsLength: false,
    withinTraining: ['warmup'],
    settings: {
      startup: {
        integer: true,
        low: 0,
        high: 10_000,
        default: 5,
        meaning: 'complete trials before any is stopped',
      },
      warmup: {
        integer: true,
        low: 0,
        high: 1_000_000,
        default: 0,
        meaning: 'epochs in which no trial is stopped',
      },
      interval: {
        integer: true,
        low: 1,
        high: 1_000_000,
        default: 1,
        meaning: 'epochs from one decision to the next',
      },
      percentile: {
        integer: false,
        low: 0,
        high: 100,
        default: 50,
        meaning: 'percentile that a trial must reach: 25 keeps the best quarter',
      },
    },
    make: (settings) =>
      median({
        startup: required(settings, 'startup'),
        warmup: required(settings, 'warmup'),
        interval: required(settings, 'interval'),
        percentile: required(settings, 'percentile'),
      }),
  },
  wilcoxon: {
    title: 'Wilcoxon',
    pick: 'For objectives that report independent results, such as folds: stops a trial that is significantly worse than the best.',
    needsLength: false,
    withinTraining: ['startup'],
    settings: {
      p: {
        integer: false,
        low: 0,
        high: 1,
        default: 0.1,
        meaning: 'probability below which a difference is not chance',
      },
      startup: {
        integer: true,
        low: 0,
        high: 1_000_000,
        default: 2,
        meaning: 'reports before a trial is stopped',
      },
    },
    make: (settings) =>
      wilcoxon({ p: required(settings, 'p'), startup: required(settings, 'startup') }),
  },
  patient: {
    title: 'Patient',
    pick: 'Stops a trial that has not improved for some epochs, whatever the others do: early stopping as in other training programs.',
    needsLength: false,
    withinTraining: ['patience'],
    settings: {
      patience: {
        integer: true,
        low: 0,
        high: 1_000_000,
        default: 5,
        meaning: 'epochs without an improvement that a trial is granted',
      },
      delta: {
        integer: false,
        low: 0,
        high: 1e9,
        default: 0,
        meaning: 'how much worse than its earlier best a trial may be in these epochs',
      },
    },
    make: (settings) =>
      patient({ patience: required(settings, 'patience'), delta: required(settings, 'delta') }),
  },
  none: {
    title: 'None',
    pick: 'Every trial is trained to its end.',
    needsLength: false,
    withinTraining: [],
    settings: {},
    make: null,
  },
};

/** Returns whether the pruner pauses trials, which go on from checkpoints later. */
export function pausesTrials({ name }: PrunerSpec): boolean {
  return name === 'asha-promotion';
}

/** The entry of a study file that lets the study choose. */
export const AUTO = 'auto';

const auto = {
  name: AUTO,
  title: 'Automatic',
  pick: 'Hopeless where trials report at least 10 times and the budget allows four for each worker, else none.',
  settings: {},
} as const;

/** Fields shown in forms for every pruner, the default first. */
export const pruners: readonly (Pick<Kind, 'title' | 'pick' | 'settings'> & {
  readonly name: string;
})[] = [
  auto,
  ...Object.entries(kinds).map(([name, { title, pick, settings }]) => ({
    name,
    title,
    pick,
    settings,
  })),
];

/**
 * Returns all problems of a study's pruner entry.
 * @param reporting of its objective; null: it reports only its end. undefined: not known, because
 *   the objective has problems of its own
 * @param path position of the entry, used as prefix of the problems' paths
 */
export function checkPruner(
  spec: PrunerSpec,
  reporting: Reporting | null | undefined,
  path = 'pruner',
): Problem[] {
  const entry = pruners.find(({ name }) => name === spec.name);
  if (entry === undefined)
    return [
      unknownName(
        'pruner',
        spec.name,
        path,
        pruners.map(({ name }) => name),
      ),
    ];
  const problems = checkSettings(entry.settings, spec, path);
  const kind = kindOf(spec.name);
  if (problems.length > 0 || typeof kind?.make !== 'function' || reporting === undefined)
    return problems;
  if (reporting === null)
    return [
      {
        code: 'never-reports',
        path,
        expected: 'an objective that reports before its end',
        found: 'an objective that reports its value once',
        hint: 'remove "pruner", or train for more than one epoch',
      },
    ];
  const { length } = reporting;
  if (length === null && kind.needsLength)
    return [
      {
        code: 'unknown-length',
        path,
        expected: 'a fixed number of epochs',
        found: 'epochs that the search decides',
        hint: 'median and patient work without',
      },
    ];
  const settings = settingsOf(entry.settings, spec);
  return kind.withinTraining.flatMap((name) => {
    const value = optional(settings, name);
    if (value === null || length === null || value < length) return [];
    return [
      {
        code: 'beyond-training',
        path: `${path}.${name}`,
        expected: `less than the ${length} epochs of a training`,
        found: String(value),
      },
    ];
  });
}

/**
 * Creates a pruner; null: none stops the study's trials.
 * @throws InvalidInput with every problem of the spec
 */
export function createPruner(spec: PrunerSpec, training: Training): Pruner | null {
  const problems = checkPruner(spec, training);
  const kind = kindOf(spec.name);
  if (problems.length > 0 || kind === null) throw new InvalidInput('pruner', problems);
  return kind.make?.(settingsOf(kind.settings, spec), training) ?? null;
}

function kindOf(name: string): Kind | null {
  return (Object.hasOwn(kinds, name) ? kinds[name] : undefined) ?? null;
}
