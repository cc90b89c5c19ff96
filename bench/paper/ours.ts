/**
 * Compares Galapagos with the published search at equal budget, 64 evaluations of one epoch. The
 * published search selects on the test set for one initialisation and reports the score of that
 * selection. Here each search's winner is retrained on all training images from initialisations it
 * has not used, and tested once for each: the mean is the score of the search.
 */
import type { ParamValue, SearchSpace } from '../../src/core/search-space/distribution.ts';
import type { TrialRecord } from '../../src/storage/lab-reader.ts';
import { dotPlot } from '../chart/dot-plot.ts';
import type { DotGroup } from '../chart/dot-plot.ts';
import { deviation, mean, median, pairedDifference } from '../statistics.ts';
import { bestOf, interval, points, seedList } from './paper.ts';
import type { Paper, PaperSetting } from './paper.ts';
import { evolution, OURS } from './published.ts';
import { presetSearch, searchName } from './searches.ts';
import type { Search, SearchResult } from './searches.ts';

/** Number of fresh initialisations for each winner. */
const STARTS = 10;
/** Far from the seeds of the searches. */
const FRESH_SEED = 1_000_000;
/** Accuracy of a diverged network: it predicts one of ten classes. */
const CHANCE = 0.1;
/** Per cent: a network below it counts as not trained. */
const LEARNED = 50;
/** Per cent; values below it are only counted in the picture. */
const FLOOR = 90;

interface Contestant {
  readonly name: string;
  /** Differences from the published search. */
  readonly how: string;
  readonly colour: string;
  readonly selectsOn: 'test' | 'validation';
  readonly search: (flags: { readonly seed: number; readonly trials: number }) => Search;
}

const published: Contestant = {
  name: 'published evolution',
  how: 'linear learning rate, selected on the test set at one start',
  colour: evolution.colour,
  selectsOn: 'test',
  search: (flags) => presetSearch(evolution.preset, flags),
};
const sameParameters: Contestant = {
  name: 'ours, same parameters',
  how: 'the published parameters and ranges, learning rate on a log scale, validation split, a start a trial',
  colour: '#5aa02c',
  selectsOn: 'validation',
  search: (flags) => withSpace(mnist(flags), 'mnist with the published parameters', flags),
};
const ours: Contestant = {
  name: 'ours',
  how: 'preset mnist with 1 epoch: weight decay and the batch are searched too',
  colour: OURS,
  selectsOn: 'validation',
  search: mnist,
};
const contestants = [published, sameParameters, ours];

/** Best score of a search, and its winner's score on the test set, in per cent, by seed. */
interface Judged {
  readonly reported: readonly number[];
  /** Mean and median over the winner's initialisations. */
  readonly honest: readonly number[];
  readonly typical: readonly number[];
  /** Standard deviation over the initialisations of one winner, on average. */
  readonly spread: number;
  /** Number of initialisations that did not train, and their total. */
  readonly lost: number;
  readonly starts: number;
}

export async function oursBesideTheirs({
  searches,
  seeds,
  trials,
  quick,
}: PaperSetting): Promise<Paper> {
  const starts = quick ? 2 : STARTS;
  const judged = new Map<Contestant, Judged>();
  for (const contestant of contestants) {
    const all = seedList(seeds).map((seed) => ({ seed, ...contestant.search({ seed, trials }) }));
    const results = await searches.runAll(all);
    const retrained = await searches.runAll(
      all.map((search, i) => retraining(search, champion(results[i]), starts)),
    );
    judged.set(contestant, judge(results, retrained));
  }
  const of = (contestant: Contestant): Judged => judged.get(contestant) ?? judge([], []);
  return {
    title: 'Ours beside the published evolution, at equal budget',
    lead:
      `MNIST, mnist-paper (906 weights), ${trials} evaluations of 1 epoch a search, seeds 1 … ${seeds}. Each champion is trained anew, 1 epoch ` +
      `on all 60,000 images, from ${starts} fresh starts, and tested once a start.`,
    tables: [
      {
        head: [
          'search',
          'its own report',
          'champion, mean of its starts',
          'champion, median start',
          'report − mean',
        ],
        rows: contestants.map((contestant) => row(contestant, of(contestant))),
      },
      {
        head: [
          'better than the published search',
          'mean',
          '95 %, Student',
          'median',
          '≥ 95 %, sign test',
          'won',
        ],
        rows: [sameParameters, ours].flatMap((contestant) =>
          gains(contestant, of(contestant), of(published)),
        ),
      },
    ],
    notes: [
      ...contestants.map(({ name, how }) => `${name}: ${how}.`),
      'Means ± deviations between searches. Differences are in percentage points, paired by seed. A champion that fails from most starts is an outlier, so that Student’s interval of the mean is wide; the sign test’s interval of the median asks for no distribution.',
      'The published search reports the test accuracy it selected by; ours reports that of its validation split (6,000 of the 60,000 images).',
      'The test images have already chosen the published champions: what bias that leaves is in their favour.',
      `A start that diverged counts as ${100 * CHANCE} %.`,
      'Which points the asynchronous evolution tries depends on which trials end first, so that its searches differ a little from run to run.',
      ...contestants.map((contestant) => startsNote(contestant, of(contestant))),
    ],
    pictures: {
      'paper-ours': dotPlot({
        title: 'What a search reports, and what its champion is worth',
        under: [
          `MNIST, ${trials} evaluations of 1 epoch, ${seeds} searches each`,
          `retrained: the champion from ${starts} fresh starts on all training images, mean accuracy on the test set`,
        ],
        valueName: 'accuracy, %',
        format: (value) => value.toFixed(2),
        floor: FLOOR,
        groups: contestants.flatMap((contestant) => groups(contestant, of(contestant))),
      }),
    },
  };
}

/** The recommended study, at the published budget of one epoch a trial. */
function mnist({ seed, trials }: { readonly seed: number; readonly trials: number }): Search {
  const { spec, limits } = presetSearch('mnist', { seed, trials });
  const name = searchName('mnist, 1 epoch', { seed, trials });
  return {
    spec: {
      ...spec,
      name,
      objective: { ...spec.objective, settings: { ...settingsOf(spec.objective), epochs: 1 } },
    },
    limits,
  };
}

/**
 * The published batch size and parameters with their ranges instead of the preset's, but the
 * learning rate on a logarithmic scale.
 */
function withSpace(
  { spec, limits }: Search,
  name: string,
  flags: { readonly seed: number; readonly trials: number },
): Search {
  const theirs = presetSearch(evolution.preset, flags).spec;
  const { optimizer, batch } = settingsOf(theirs.objective);
  const searchSpace: SearchSpace = Object.fromEntries(
    Object.entries(theirs.searchSpace).map(([key, distribution]) => [
      key,
      key === 'learningRate' && distribution.type === 'float'
        ? { ...distribution, log: true }
        : distribution,
    ]),
  );
  const objective = {
    ...spec.objective,
    settings: { ...settingsOf(spec.objective), optimizer, batch },
  };
  return { spec: { ...spec, name: searchName(name, flags), objective, searchSpace }, limits };
}

/**
 * The same training with the winner's values on all training images, once for each initialisation,
 * evaluated on the test images.
 */
function retraining(
  { seed, spec }: Search & { readonly seed: number },
  { params }: TrialRecord,
  starts: number,
): Search {
  const fixed = Object.entries(params).map(
    ([name, value]: [string, ParamValue]) =>
      [name, { type: 'categorical', choices: [value] }] as const,
  );
  const searchSpace: SearchSpace = {
    ...Object.fromEntries(fixed),
    start: { type: 'int', low: 1, high: starts },
  };
  const settings = { ...settingsOf(spec.objective), validation: 0, sameStart: false };
  return {
    spec: {
      ...spec,
      name: `champion of ${spec.name}, ${starts} starts`,
      objective: { ...spec.objective, settings, selectOn: 'test' },
      searchSpace,
      sampler: { name: 'grid' },
      seed: FRESH_SEED + seed,
    },
    limits: { trials: starts, activeMs: null, target: null },
  };
}

function settingsOf({
  settings,
}: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  if (typeof settings !== 'object' || settings === null)
    throw new Error('an objective without settings');
  return { ...settings };
}

/** The best trial; of equal ones the first. */
function champion(result: SearchResult | undefined): TrialRecord {
  const best = result?.trials.find(({ value }) => value === bestOf(result));
  if (best === undefined) throw new Error('a search without a single success has no champion');
  return best;
}

function judge(results: readonly SearchResult[], retrained: readonly SearchResult[]): Judged {
  // A diverged network has the value −∞, or none.
  const tested = retrained.map(({ trials }) =>
    trials.map(({ value }) => 100 * (Number.isFinite(value) ? (value ?? CHANCE) : CHANCE)),
  );
  return {
    reported: results.map((result) => 100 * bestOf(result)),
    honest: tested.map(mean),
    typical: tested.map(median),
    spread: mean(tested.map(deviation)),
    lost: tested.flat().filter((accuracy) => accuracy < LEARNED).length,
    starts: tested.flat().length,
  };
}

function row(
  { name, selectsOn }: Contestant,
  { reported, honest, typical }: Judged,
): readonly string[] {
  return [
    name,
    `${around(reported)} (${selectsOn})`,
    around(honest),
    around(typical),
    points(mean(reported) - mean(honest)),
  ];
}

function gains({ name }: Contestant, mine: Judged, theirs: Judged): readonly (readonly string[])[] {
  const gain = (
    what: string,
    first: readonly number[],
    second: readonly number[],
  ): readonly string[] => {
    const by = pairedDifference(first, second);
    const won = `${by.wins} of ${by.pairs}`;
    return [
      `${name}, ${what}`,
      points(by.mean),
      interval(by.meanWithin),
      points(by.median),
      interval(by.medianWithin),
      won,
    ];
  };
  return [
    gain('mean of the starts', mine.honest, theirs.honest),
    gain('median start', mine.typical, theirs.typical),
  ];
}

function around(values: readonly number[]): string {
  return `${mean(values).toFixed(2)} ± ${deviation(values).toFixed(2)} %`;
}

function startsNote({ name }: Contestant, { spread, lost, starts }: Judged): string {
  return (
    `${name}: between the starts of one champion accuracies deviate by ${spread.toFixed(2)}; ` +
    `${lost} of ${starts} starts learned next to nothing (below ${LEARNED} %).`
  );
}

function groups(
  { name, colour, selectsOn }: Contestant,
  { reported, honest }: Judged,
): readonly DotGroup[] {
  return [
    { label: [name, `as it reports (${selectsOn})`], colour: '#8c959f', values: reported },
    { label: [name, 'retrained (test)'], colour, values: honest },
  ];
}
