/**
 * Formats the end of a run as lines of text: best configurations, generations, written files, how
 * to resume.
 */
import type { GenerationBest } from '../../core/analysis/generations.ts';
import { earlyStopsText } from '../../core/study/early-stops.ts';
import type { StudyEnergy } from '../../core/study/study-energy.ts';
import type { Direction } from '../../core/study/study-spec.ts';
import {
  count,
  duration,
  energyText,
  params,
  paramValue,
  paramWords,
  score,
  value,
} from './format.ts';
import { at } from '../../core/at.ts';
import { quoted } from '../run/resume-command.ts';
import { scoreName } from '../../core/study/score.ts';
import type { ScoreKind } from '../../core/study/score.ts';
import type { BestTrial, RunStart, RunSummary } from './run-display.ts';
import { table, tableWidth, wrap } from './table.ts';

export interface SummaryFrame {
  /** Columns; Infinity: no terminal. */
  readonly width: number;
  readonly kind: ScoreKind;
  /** Trials that each machine has ended; empty or absent: one machine did all. */
  readonly machines?: readonly { readonly name: string; readonly trials: number }[];
}

export function summary(run: RunStart, end: RunSummary, frame: SummaryFrame): string[] {
  const lines = [outcome(end, run.trials), ''];
  if (end.best.length === 0) lines.push('No trial produced a value.', '');
  else {
    lines.push(...bestLines(end, run.parameterNames, frame));
    lines.push(...againLines(end.best[0], end.checkpoints ?? null), '');
  }
  if (end.generations !== null && end.generations.length > 0) {
    lines.push(
      `Best ${scoreName(frame.kind)} per generation`,
      ...generationTable(end.generations, run.direction, frame),
      '',
    );
  }
  const { machines = [] } = frame;
  if (machines.length > 0)
    lines.push(
      `Trials by machine: ${machines.map(({ name, trials }) => `${name} ${trials}`).join(', ')}.`,
    );
  for (const { label, reason } of end.executors) {
    lines.push(
      ...wrap(
        `Trained with ${label}${reason === null ? '' : `: ${reason}`}.`.split(' '),
        frame.width,
        '',
        ' ',
      ),
    );
  }
  if (end.earlyStops !== undefined) lines.push(`${earlyStopsText(end.earlyStops)}.`);
  if (end.energy !== null) lines.push(energyLine(end.energy));
  for (const note of run.notes)
    lines.push(...wrap(`Note: ${note}`.split(' '), frame.width, '', ' '));
  lines.push(written(end));
  if (end.resumeCommand !== null) lines.push(`Resume with: ${end.resumeCommand}`);
  return lines;
}

/**
 * How the best trial was trained: the command line of its program or, of population-based training,
 * its parameters by epoch; then the folder of the files that it kept. Empty if there is neither.
 */
export function againLines(
  best: (Pick<Ranked, 'trial'> & Pick<BestTrial, 'command' | 'schedule'>) | undefined,
  checkpoints: string | null,
): string[] {
  const { trial, command, schedule = [] } = best ?? {};
  const lines =
    command === undefined
      ? schedule.map(({ epoch, params: point }) => `from epoch ${epoch + 1}: ${params(point)}`)
      : [command];
  if (lines.length === 0) return [];
  return [
    '',
    command === undefined
      ? `Trial ${trial} trained with a schedule:`
      : `Run trial ${trial} again with:`,
    ...lines,
    ...(checkpoints === null ? [] : [`It kept files in ${checkpoints}.`]),
  ];
}

/** Fields of a trial in a ranking. */
type Ranked = Pick<BestTrial, 'trial' | 'value' | 'values' | 'params'> & {
  /** Absent: its position in the list. */
  readonly rank?: number;
};

/** Most trials of a front that are listed. */
export const FRONT_SHOWN = 12;

/** The best configurations, or the Pareto front, of which trials are left out if it is long. */
function bestLines(
  { best, study, written }: RunSummary,
  names: readonly string[],
  frame: SummaryFrame,
): string[] {
  const listed = best[0]?.values !== undefined;
  if (!listed)
    return [
      `The ${best.length === 1 ? 'best configuration' : `${best.length} best configurations`}`,
      ...bestTable(best, names, frame),
    ];
  const shown = spread(
    best.map((entry, i) => ({ ...entry, rank: i + 1 })),
    FRONT_SHOWN,
  );
  const title = `The Pareto front: ${count(best.length, 'trial')}`;
  const isCut = shown.length < best.length;
  return [
    isCut ? `${title}, of which ${shown.length} are listed` : title,
    ...bestTable(shown, names, frame),
    ...(isCut
      ? [`For all of them: galapagos best ${quoted(study)} --lab ${quoted(written.lab)}`]
      : []),
  ];
}

/** At most `most` entries at equal distances in the list, its first and last among them. */
function spread<T>(list: readonly T[], most: number): readonly T[] {
  if (list.length <= most) return list;
  const step = (list.length - 1) / (most - 1);
  return Array.from({ length: most }, (_, i) => at(list, Math.round(i * step)));
}

/** A value of one of several objectives. */
function metricValue(metric: string, found: number): string {
  return value(found, { metric: /accuracy$/i.test(metric) ? 'accuracy' : 'value' });
}

/**
 * Rank, trial, value and parameters side by side; if that is too wide, the parameters below each
 * value.
 */
export function bestTable(
  best: readonly Ranked[],
  names: readonly string[],
  { width, kind }: SummaryFrame,
): string[] {
  const right = (title: string): { title: string; align: 'right' } => ({ title, align: 'right' });
  const metrics = Object.keys(best[0]?.values ?? {});
  const scores = metrics.length === 0 ? [scoreName(kind)] : metrics;
  const lines = table(
    [right('rank'), right('trial'), ...scores.map(right), ...names.map(right)],
    best.map((entry, i) => [
      String(entry.rank ?? i + 1),
      String(entry.trial),
      ...(metrics.length === 0
        ? [value(entry.value, kind)]
        : metrics.map((metric) => metricValue(metric, entry.values?.[metric] ?? NaN))),
      ...names.map((name) =>
        Object.hasOwn(entry.params, name) ? paramValue(entry.params[name] ?? null) : '–',
      ),
    ]),
  );
  if (tableWidth(lines) <= width) return lines;
  return best.flatMap((entry, i) => [
    `${entry.rank ?? i + 1}. ${scoresText(entry, kind)} in trial ${entry.trial}`,
    ...wrap(paramWords(entry.params), width, '   '),
  ]);
}

/** `accuracy 96.37 %, trainingSeconds 1.2`; of one objective its score. */
export function scoresText(
  { value: single, values }: Pick<Ranked, 'value' | 'values'>,
  kind: ScoreKind,
): string {
  if (values === undefined) return score(single, kind);
  return Object.entries(values)
    .map(([metric, found]) => `${metric} ${metricValue(metric, found)}`)
    .join(', ');
}

export function generationTable(
  generations: readonly GenerationBest[],
  direction: Direction,
  { width, kind }: SummaryFrame,
): string[] {
  let soFar: number | null = null;
  const rows = generations.map(({ generation, trials, best }) => {
    if (
      best !== null &&
      (soFar === null || (direction === 'maximize' ? best > soFar : best < soFar))
    )
      soFar = best;
    return [
      String(generation),
      String(trials),
      ...[best, soFar].map((each) => (each === null ? '–' : value(each, kind))),
    ];
  });
  const head = ['generation', 'trials', `best ${scoreName(kind)}`, 'best so far'].map((title) => ({
    title,
    align: 'right' as const,
  }));
  return table(head, rows, width);
}

function energyLine(energy: StudyEnergy): string {
  return `Energy: ${energyText(energy)}.`;
}

/** The scheduler's reasons in words; any other reason is printed as it is. */
const REASONS: Readonly<Record<string, string>> = {
  trials: 'trial limit reached',
  target: 'target reached',
  minutes: 'time limit reached',
  exhausted: 'search space exhausted',
};

function outcome(end: RunSummary, trials: number | null): string {
  const done = end.complete + end.pruned + end.failed;
  const state = { finished: 'Finished', paused: 'Paused', failed: 'Failed' }[end.state];
  const parts = [
    `${state} (${REASONS[end.reason] ?? end.reason}): ${trials === null ? count(done, 'trial') : `${done} of ${count(trials, 'trial')}`} in ${duration(end.elapsedMs)}`,
  ];
  if (end.pruned > 0) parts.push(`${end.pruned} pruned`);
  if (end.failed > 0) parts.push(`${end.failed} failed`);
  if (end.settled !== null) parts.push(...settledText(end.settled));
  if (end.lostAttempts > 0) parts.push(`${count(end.lostAttempts, 'attempt')} lost and retried`);
  return parts.join(', ');
}

/** `2 running trials finished`, `1 running trial returned to the queue`. */
function settledText({ finished, returned }: NonNullable<RunSummary['settled']>): string[] {
  return [
    ...(finished === 0 ? [] : [`${count(finished, 'running trial')} finished`]),
    ...(returned === 0 ? [] : [`${count(returned, 'running trial')} returned to the queue`]),
  ];
}

function written({ written: { lab, bestConfigs }, best }: RunSummary): string {
  const all = `all trials are in ${lab}`;
  return bestConfigs === null
    ? `${all.charAt(0).toUpperCase()}${all.slice(1)}.`
    : `Wrote ${bestConfigs} (${count(best.length, 'configuration')}); ${all}.`;
}
