/** The best configurations of a study as the document `best-configs.json`. Writes no file. */
import type { Origin } from '../core/samplers/sampler.ts';
import type { Params } from '../core/search-space/distribution.ts';
import type { ScoreKind } from '../core/study/score.ts';
import type { Direction } from '../core/study/study-spec.ts';
import type { BestConfigs } from '../protocol/best-configs.ts';
import type { TrialRecord } from '../storage/lab-reader.ts';

export interface Exported {
  readonly trial: number;
  readonly value: number;
  readonly params: Params;
  readonly attempt: number;
  /** Null: unknown, because another program created the trial. */
  readonly origin: Origin | null;
}

export interface ExportedStudy extends ScoreKind {
  readonly name: string;
  /** The user's note; empty or absent: none. */
  readonly note?: string;
  readonly direction: Direction;
  /** Null: a study of another program. */
  readonly seed: number | null;
}

/** @param best best first */
export function bestConfigsOf(
  { name, note = '', direction, seed, metric, split }: ExportedStudy,
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
    best: best.map(({ trial, value, params, attempt, origin }, i) => {
      return {
        rank: i + 1,
        trial,
        value,
        params: { ...params },
        attempt,
        lineage: lineageOf(origin),
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
  return best.map(({ number, value, params, endedBy, origin }) => ({
    trial: number,
    value: value ?? NaN,
    params,
    attempt: endedBy,
    origin,
  }));
}

export function jsonText(configs: BestConfigs): string {
  return `${JSON.stringify(configs, null, 2)}\n`;
}
