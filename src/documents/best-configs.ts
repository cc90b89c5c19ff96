/** The best configurations of a study as the document `best-configs.json`. Writes no file. */
import { trainingSchedule } from '../core/analysis/training-schedule.ts';
import type { ScheduleEntry } from '../core/analysis/training-schedule.ts';
import { createSampler } from '../core/samplers/create-sampler.ts';
import { trainsInParts } from '../core/samplers/in-parts.ts';
import type { Origin } from '../core/samplers/sampler.ts';
import type { Params } from '../core/search-space/distribution.ts';
import type { ScoreKind } from '../core/study/score.ts';
import type { StudyEnergy } from '../core/study/study-energy.ts';
import type { ObjectiveSpec } from '../core/study/objectives.ts';
import type { EditSummary } from '../core/study/search-edit.ts';
import type { Direction, StudySpec } from '../core/study/study-spec.ts';
import type { BestConfigs } from '../protocol/best-configs.ts';
import { metricOf, rowColumns } from '../protocol/window/row-columns.ts';
import type { LabReader, TrialRecord } from '../storage/lab-reader.ts';

export interface Exported {
  readonly trial: number;
  readonly value: number;
  /** By the objectives' names; absent: the study lists none. */
  readonly values?: Readonly<Record<string, number>>;
  readonly params: Params;
  /** Parameters by epoch; absent: they did not change while it trained. */
  readonly schedule?: readonly ScheduleEntry<Params>[];
  /** Command line that runs it again; absent: the study runs no program. */
  readonly command?: string;
  readonly attempt: number;
  /** Null: unknown, because another program created the trial. */
  readonly origin: Origin | null;
  /** Joules; null or absent: unknown. */
  readonly energy?: number | null;
}

export interface ExportedStudy extends ScoreKind {
  readonly name: string;
  /** The user's note; empty or absent: none. */
  readonly note?: string;
  /** Absent: none. */
  readonly edits?: readonly EditSummary[];
  readonly direction: Direction;
  /** Null: a study of another program. */
  readonly seed: number | null;
  /** Null or absent: unknown. */
  readonly energy?: StudyEnergy | null;
}

/** @param best best first */
export function bestConfigsOf(
  { name, note = '', edits = [], direction, seed, metric, split, energy = null }: ExportedStudy,
  best: readonly Exported[],
): BestConfigs {
  return {
    format: 'galapagos-best-configs/1',
    study: name,
    ...(note === '' ? {} : { note }),
    ...(edits.length === 0 ? {} : { edits: [...edits] }),
    direction,
    seed,
    metric,
    split,
    energy: energy === null ? null : { ...energy },
    best: best.map((each, i) => {
      const { trial, value, values, params, schedule } = each;
      const { command, attempt, origin, energy = null } = each;
      return {
        rank: i + 1,
        trial,
        value,
        ...(values === undefined ? {} : { values: { ...values } }),
        params: { ...params },
        ...(schedule === undefined
          ? {}
          : { schedule: schedule.map(({ epoch, params: at }) => ({ epoch, params: { ...at } })) }),
        ...(command === undefined ? {} : { command }),
        attempt,
        lineage: lineageOf(origin),
        energy,
      };
    }),
  };
}

/** A trial's origin in files and command output. */
export function lineageOf(origin: Origin | null): BestConfigs['best'][number]['lineage'] {
  if (origin === null) return null;
  const { operator, parents, ancestors, generation, prediction } = origin;
  return {
    operator,
    parents: [...parents],
    ...(ancestors === undefined ? {} : { ancestors: [...ancestors] }),
    generation,
    ...(prediction === undefined ? {} : { prediction }),
  };
}

/**
 * Returns the best `top` trials of a study; the whole front where it has several objectives or
 * constraints.
 * @param spec null: a study of another program
 */
export function bestOf(
  reader: Pick<LabReader, 'front' | 'best' | 'trials'>,
  key: string,
  spec: StudySpec | null,
  top: number,
): Exported[] {
  const best = exportedTrials(reader.front(key) ?? reader.best(key, top), spec?.objectives);
  return withSchedules(best, spec, () => reader.trials(key));
}

/**
 * Adds the schedules by which trials were trained, where the study's trials are parts of trainings.
 * @param trials of the study; read only if they are needed
 */
export function withSchedules(
  best: readonly Exported[],
  spec: StudySpec | null,
  trials: () => Iterable<TrialRecord>,
): Exported[] {
  if (spec === null || best.length === 0 || !trainsInParts(spec.sampler)) return [...best];
  const sampler = createSampler(spec.sampler, spec.searchSpace, spec.direction, spec.seed);
  const known = new Map<number, TrialRecord>();
  for (const trial of trials()) known.set(trial.number, trial);
  return best.map((each) => {
    const schedule = trainingSchedule(
      sampler,
      each.trial,
      (number) => known.get(number)?.origin ?? null,
      (number) => known.get(number)?.params ?? {},
      areEqual,
    );
    return schedule === null ? each : { ...each, schedule };
  });
}

function areEqual(a: Params, b: Params): boolean {
  const names = new Set([...Object.keys(a), ...Object.keys(b)]);
  return [...names].every((name) => a[name] === b[name]);
}

/**
 * Returns the complete trials that have a value, as `LabReader.best` and `front` yield them.
 * @param objectives that the study lists; undefined: none, or unknown
 */
export function exportedTrials(
  best: readonly TrialRecord[],
  objectives?: readonly ObjectiveSpec[],
): Exported[] {
  return best.map((trial) => {
    const { number, value, params, endedBy, origin, result } = trial;
    const values = namedValues(trial, objectives);
    return {
      trial: number,
      value: value ?? NaN,
      ...(values === undefined ? {} : { values }),
      params,
      attempt: endedBy,
      origin,
      energy: energyOf(result),
    };
  });
}

/** Values by name, `objective 0` … where names are unknown; undefined: the trial has none. */
export function namedValues(
  { figures }: Pick<TrialRecord, 'figures'>,
  objectives: readonly ObjectiveSpec[] = [],
): Readonly<Record<string, number>> | undefined {
  if (figures === undefined) return undefined;
  return Object.fromEntries(
    figures.values.map((value, i) => [objectives[i]?.metric ?? `objective ${i}`, value]),
  );
}

export function jsonText(configs: BestConfigs): string {
  return `${JSON.stringify(configs, null, 2)}\n`;
}

/** Joules that an attempt used; null: unknown. */
export function energyOf(result: TrialRecord['result']): number | null {
  const joules = metricOf(rowColumns.energy, result?.metrics);
  return Number.isFinite(joules) ? joules : null;
}
