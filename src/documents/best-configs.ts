/** The best configurations of a study as the document `best-configs.json`. Writes no file. */
import type { Origin } from '../core/samplers/sampler.ts';
import type { Params } from '../core/search-space/distribution.ts';
import type { ScoreKind } from '../core/study/score.ts';
import type { StudyEnergy } from '../core/study/study-energy.ts';
import type { Direction } from '../core/study/study-spec.ts';
import type { BestConfigs } from '../protocol/best-configs.ts';
import { metricOf, rowColumns } from '../protocol/window/row-columns.ts';
import type { TrialRecord } from '../storage/lab-reader.ts';

export interface Exported {
  readonly trial: number;
  readonly value: number;
  readonly params: Params;
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
  readonly direction: Direction;
  /** Null: a study of another program. */
  readonly seed: number | null;
  /** Null or absent: unknown. */
  readonly energy?: StudyEnergy | null;
}

/** @param best best first */
export function bestConfigsOf(
  { name, note = '', direction, seed, metric, split, energy = null }: ExportedStudy,
  best: readonly Exported[],
): BestConfigs {
  return {
    format: 'galapagos-best-configs/1',
    study: name,
    ...(note === '' ? {} : { note }),
    direction,
    seed,
    metric,
    split,
    energy: energy === null ? null : { ...energy },
    best: best.map(({ trial, value, params, attempt, origin, energy = null }, i) => {
      return {
        rank: i + 1,
        trial,
        value,
        params: { ...params },
        attempt,
        lineage: lineageOf(origin),
        energy,
      };
    }),
  };
}

/** A trial's origin in files and command output. */
export function lineageOf(origin: Origin | null): BestConfigs['best'][number]['lineage'] {
  return origin === null
    ? null
    : { operator: origin.operator, parents: [...origin.parents], generation: origin.generation };
}

/** Returns the complete trials that have a value, as `LabReader.best` yields them. */
export function exportedTrials(best: readonly TrialRecord[]): Exported[] {
  return best.map(({ number, value, params, endedBy, origin, result }) => ({
    trial: number,
    value: value ?? NaN,
    params,
    attempt: endedBy,
    origin,
    energy: energyOf(result),
  }));
}

export function jsonText(configs: BestConfigs): string {
  return `${JSON.stringify(configs, null, 2)}\n`;
}

/** Joules that an attempt used; null: unknown. */
export function energyOf(result: TrialRecord['result']): number | null {
  const joules = metricOf(rowColumns.energy, result?.metrics);
  return Number.isFinite(joules) ? joules : null;
}
