/** User-facing text of the chart views; `text.ts` has that of everything else. */
import { outcomeWords } from '../core/study/outcome-words.ts';
import { scoreName } from '../core/study/score.ts';
import type { ScoreKind } from '../core/study/score.ts';
import type { Direction } from '../core/study/direction.ts';
import { THIN, count } from './format.ts';
import { text } from './text.ts';

const { many, list } = text;

export const chartText = {
  figure: {
    /** Line under the title of an exported chart. */
    subtitle: ({ trials, best }: { trials: number; best: string | null }) =>
      `${many(trials, 'trial')}${best === null ? '' : `, best ${best}`}`,
    best: 'best so far',
    finished: 'finished trial',
    bestTrial: 'best trial',
    selectedTrial: 'selected trial',
    running: 'running trial',
    valueOfTrial: 'each line is a trial, coloured by its value',
    compared: 'Best so far',
    byTrials: 'Finished trials',
    byTime: 'Running time',
  },
  /** `Validation accuracy (%)`; the first objective where the study lists several. */
  valueAxis: (kind: ScoreKind & { readonly objective?: string | null }) => {
    if (kind.objective != null && kind.metric === 'value') return kind.objective;
    const name = scoreName(kind);
    return `${name.charAt(0).toUpperCase()}${name.slice(1)}${kind.metric === 'accuracy' ? ' (%)' : ''}`;
  },
  evolution: {
    births: 'Trials',
    generations: 'Generations',
    time: 'Time',
    along: 'Horizontal axis',
    scales: { 'log-error': 'Log error', log: 'Logarithmic', linear: 'Linear' },
    scale: 'Value axis',
    parameters: 'Parameters',
    shapes: { circle: 'founder', square: 'mutation', diamond: 'crossover', triangle: 'other' },
    chosen: ({ sampler }: { sampler: string }) => `auto: ${sampler}`,
    sampled: ({ sampler }: { sampler: string }) => `sampler: ${sampler}`,
    alive: 'surviving',
    displaced: 'displaced',
    running: 'running',
    waiting: 'waiting',
    atRung: 'paused at a rung',
    pruned: 'pruned',
    failed: 'failed',
    diverged: 'diverged',
    atChance: 'at chance level',
    atChanceHint: ({ limit }: { limit: string }) =>
      `No better than guessing: an accuracy of at most ${limit} for these classes.`,
    value: 'value',
    better: 'worst to best',
    founders: ({ founders }: { founders: number }) =>
      `${count(founders)} random ${founders === 1 ? 'founder' : 'founders'}`,
    bred: ({ pool }: { pool: number }) => `offspring of the best ${count(pool)}`,
    foundersShort: 'founders',
    liveGeneration: ({
      generation,
      ended,
      of,
    }: {
      generation: number;
      ended: number;
      of: number;
    }) => `${count(generation)}, ${count(ended)} of ${count(of)}`,
    below: 'below',
    above: 'above',
    withoutValue: 'no value',
    best: ({ trial }: { trial: number }) => `${trial} best`,
    yAxis: ({ title, kind }: { title: string; kind: 'log-error' | 'log' | 'linear' }) =>
      `${title}, better is up, ${kind === 'log-error' ? 'log error axis' : kind === 'log' ? 'log axis' : 'linear axis'}`,
    xAxis: { births: 'trial number', generations: 'generation', time: 'time since the start' },
    byBirth: 'Parameters by trial',
    byGeneration: 'Parameters by generation',
    byTime: 'Parameters by start time',
    aliveRange: ({ alive }: { alive: number }) =>
      `under each name, the range of the ${count(alive)} survivors`,
    allRange: 'under each name, its range',
    range: ({ low, high }: { low: string; high: string }) =>
      low === high ? `all ${low}` : `${low} to ${high}`,
    choice: ({ choice, times }: { choice: string; times: number }) => `${choice} ×${count(times)}`,
    all: ({ choice }: { choice: string }) => `all ${choice}`,
    notUsed: text.notUsed,
    empty: ({ running, epoch }: { running: number; epoch: string | null }) =>
      `No trial has finished. ${epoch === null ? '' : `The first usually takes ${epoch} here; `}${running === 1 ? '1 is' : `${count(running)} are`} running.`,
    unborn: 'No trial yet. The first starts when a worker is ready.',
    loading: ({ loaded, of }: { loaded: number; of: number }) =>
      `${count(loaded)} of ${many(of, 'trial')}`,
    paused: ({ ago, settled }: { ago: string | null; settled: string }) =>
      `Paused${ago === null ? '' : ` ${ago} ago`}. ${settled}`.trim(),
    stopped: (of: { ended: number; of: number | null; best: string | null; settled: string }) =>
      `Stopped at ${of.of === null ? many(of.ended, 'trial') : `${count(of.ended)} of ${count(of.of)}`}${
        of.best === null ? '' : `, best ${of.best}`
      }. ${of.settled}`.trim(),
    finished: ({ trials, best }: { trials: number; best: string | null | undefined }) =>
      best === undefined
        ? `Finished: ${many(trials, 'trial')}.`
        : `Finished: ${many(trials, 'trial')}${best === null ? ', none with a value' : `, best ${best}`}.`,
    allFailed: ({ trials, outcome }: { trials: number; outcome: string | null }) =>
      outcome === null
        ? `All ${many(trials, 'trial')} failed, for different reasons.`
        : `All ${many(trials, 'trial')} failed for the same reason: ${outcome}.`,
    outcomes: outcomeWords,
    acts: {
      exportBest: ({ top }: { top: number }) =>
        top === 1 ? 'Export the best' : `Export the best ${count(top)}`,
      showOriginal: ({ name }: { name: string | null }) =>
        `Show the result${name === null ? '' : ` for ${name}`}`,
      showFailure: ({ trial }: { trial: number }) => `Show why trial ${trial} failed`,
      drainWorker: ({ workers }: { workers: readonly string[] }) => `Disable ${list(workers)}`,
      setUpAgain: ({ lower }: { lower: readonly string[] }) =>
        lower.length === 0 ? 'Set it up again' : `Set it up again with lower ${list(lower)}`,
      nameAgain: ({ name }: { name: string }) => `${name.replace(/ again(-\d+)?$/, '')} again`,
    },
    brushed: ({ low, high }: { low: number; high: number }) =>
      `Trials ${count(low)} to ${count(high)}: the other views show only these.`,
    clearBrush: 'Show all',
    summary: (of: {
      name: string;
      ended: number;
      of: number | null;
      best: string | null;
      trial: number | null;
      alive: number;
    }) =>
      `Evolution of ${of.name}: ${count(of.ended)}${of.of === null ? '' : ` of ${count(of.of)}`} trials have ended${
        of.best === null || of.trial === null
          ? ', none with a value'
          : `, the best is trial ${of.trial} with ${of.best}`
      }${of.alive === 0 ? '' : `, ${count(of.alive)} survive`}. Arrows move, Enter selects, T shows the table.`,
    role: 'chart of trials',
    card: {
      title: ({ trial }: { trial: number }) => `Trial ${trial}`,
      running: ({ epoch, of }: { epoch: number; of: number | null }) =>
        of === null
          ? `running, ${many(epoch, 'report')}`
          : `running, epoch ${count(epoch)} of ${count(of)}`,
      waiting: 'waiting',
      atRung: 'paused at a rung',
      origin: ({ operator, parents }: { operator: string; parents: readonly number[] }) =>
        parents.length === 0 ? operator : `${operator} of ${list(parents.map(String))}`,
      changed: ({ name, from, to }: { name: string; from: string | null; to: string }) =>
        from === null ? `${name} ${to}` : `${name} ${from} → ${to}`,
      unchanged: 'no parameter changed',
    },
    table: {
      caption: 'The trials of the chart',
      columns: [
        'Trial',
        'Generation',
        'Operator',
        'Parents',
        'Value',
        'State',
        'Started',
        'Displaced by',
      ],
      none: text.none,
      more: ({ shown, of }: { shown: number; of: number }) =>
        `The first ${count(shown)} of ${count(of)}. The Trials view lists all.`,
      empty: 'No trial yet.',
      back: 'Chart',
    },
  },
  space: {
    importance: 'Importance',
    importanceHint:
      'Share of the variance of the value that each parameter explains alone (functional ANOVA).',
    wholeSpace: 'whole space',
    goodRegion: ({ median, direction }: { median: string; direction: Direction }) =>
      `good region: the better half of the trials, ${direction === 'maximize' ? 'from' : 'up to'} ${median}`,
    noGoodRegion: 'no good region: more than half of the trials diverged',
    goodRegionHint:
      'The good region compares the better half of the trials only: every value worse than the median counts as the median.',
    regions: { whole: 'Whole space', good: 'Good region' },
    together: 'Combinations',
    togetherHint: 'Share of the variance that the parameters explain only in combination.',
    conditional: ({ trials }: { trials: number }) => `in ${many(trials, 'trial')}`,
    conditionalHint:
      'This parameter depends on another one. Its share refers to the trials that use it.',
    noShare: 'unknown',
    noShareHint: 'Fewer than 20 trials use this parameter, or all of their values are equal.',
    tooFew: ({ needed }: { needed: number }) => `Too few trials, ${count(needed)} needed.`,
    allEqual: ({ trials }: { trials: number }) =>
      `No importance: all ${count(trials)} values are equal.`,
    interval: ({ low, high }: { low: string; high: string }) => `${low} to ${high}`,
    importanceOf: (of: {
      region: string;
      name: string;
      share: string;
      low: string;
      high: string;
    }) =>
      `${of.name}, ${of.region}: ${of.share}, between ${of.low} and ${of.high} (10th to 90th percentile of 64 trees)`,
    importanceUnknown: (of: { region: string; name: string }) =>
      `${of.name}, ${of.region}: unknown`,
    reading: 'Loading the trials.',
    views: { parallel: 'Parallel', scatter: 'Scatter', cube: '3-D' },
    view: 'Kind of chart',
    x: 'Horizontal',
    y: 'Vertical',
    z: 'Depth',
    empty: 'No trial has finished. Importance needs 20 finished trials.',
    finished: 'Drag on an axis to select a range. Click to clear.',
    reorder: ({ name }: { name: string }) => `${name}: drag, or press ← and →, to reorder`,
    best: ({ shown, of }: { shown: number; of: number }) =>
      `Lines: the best ${count(shown)} of ${count(of)} trials. Density: all trials.`,
    brushed: ({ trials, of }: { trials: number; of: number }) =>
      `${many(trials, 'trial')} of ${count(of)} in the selected ranges.`,
    clear: 'Clear ranges',
    narrow: ({ trials }: { trials: number }) =>
      `Narrow into a new study of ${many(trials, 'trial')}`,
    narrowHint: 'Creates a study that searches these ranges only. This study stays unchanged.',
    /** Name of a narrowed study; narrowing again keeps it, and the lab appends a number. */
    narrowedName: ({ name }: { name: string }) =>
      `${name.replace(/ narrowed(-\d+)?$/, '')} narrowed`,
    tryPoint: 'Try a point…',
    tryTitle: 'Try a point',
    tryNote: 'An empty field is drawn at random.',
    tryIt: 'Try it',
    value: 'value',
    atChance: 'dotted: at chance level',
    notUsed: text.notUsed,
    foreign: 'The search space of a study from another program is not known.',
    rotate: 'Drag, or press the arrow keys, to rotate.',
    summary: (of: { kind: string; trials: number; axes: readonly string[] }) =>
      `${of.kind} of ${many(of.trials, 'trial')} over ${list(of.axes)}. T shows the table.`,
    kinds: { parallel: 'Parallel coordinates', scatter: 'Scatter', cube: '3-D scatter' },
    axis: ({ name }: { name: string }) => `Range of ${name}`,
    axisRange: ({ low, high }: { low: string; high: string }) => `${low} to ${high}`,
    whole: 'all values',
    table: {
      caption: 'Trials in the selected ranges, best first',
      trial: 'Trial',
      value: 'Value',
      more: ({ of }: { of: number }) => `The best 500 of ${count(of)}.`,
    },
  },
  curves: {
    epochs: 'Epochs',
    seconds: 'Seconds',
    epoch: 'epoch',
    along: 'Horizontal axis',
    empty: ({ every }: { every: string | null }) =>
      every === null
        ? 'No report yet. Trials report once per epoch.'
        : `No report yet. Trials report once per epoch, about every ${every} here.`,
    silent: 'Trials of this study report no intermediate values.',
    diverged: ({ trial, epoch }: { trial: number; epoch: number }) =>
      `Trial ${trial} diverged at epoch ${count(epoch)}.`,
    best: ({ trial }: { trial: number }) => `${trial} best`,
    bands: ({ trials }: { trials: number }) =>
      `Bands: deciles of ${many(trials, 'curve')}. Lines: running, best and selected trials.`,
    reset: 'Show all epochs',
    summary: (of: { running: number; ended: number; best: number | null; value: string | null }) =>
      `Learning curves of ${many(of.ended, 'finished trial')} and ${count(of.running)} running${
        of.best === null || of.value === null
          ? ''
          : `, the best is trial ${of.best} with ${of.value}`
      }. T shows the table.`,
    role: 'chart of learning curves',
    /** Label at the foot of the axis, where values beyond it are drawn. */
    foot: ({ value, direction }: { value: string; direction: Direction }) =>
      `${direction === 'maximize' ? '≤' : '≥'} ${value}`,
    trial: 'Trial',
    table: {
      caption: 'One row per trial, one column per epoch',
      more: ({ shown, of }: { shown: number; of: number }) =>
        `${count(shown)} of ${count(of)} curves.`,
    },
    loading: ({ loaded, of }: { loaded: number; of: number }) =>
      `${count(loaded)} of ${many(of, 'curve')} loaded`,
  },
  seconds: (s: number) => `${count(Math.round(s))}${THIN}s`,
  exports: { png: 'This chart as PNG', svg: 'This chart as SVG' },
};
