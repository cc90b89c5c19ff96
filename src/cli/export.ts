/** The best configurations as a file: `best-configs.json` or CSV. */
import type { Origin } from '../core/samplers/sampler.ts';
import type { Params } from '../core/search-space/distribution.ts';
import type { Direction } from '../core/study/study-spec.ts';
import type { BestConfigs } from '../protocol/best-configs.ts';
import { writeAtomically } from './write-atomically.ts';

/** How many configurations are exported unless told otherwise. */
export const TOP = 5;

export interface Exported {
  readonly trial: number;
  readonly value: number;
  readonly params: Params;
  readonly attempt: number;
  /** Null: unknown, another program made it. */
  readonly origin: Origin | null;
}

export interface ExportedStudy {
  readonly name: string;
  readonly direction: Direction;
  /** Null: a study of another program. */
  readonly seed: number | null;
}

/** @param best best first */
export function bestConfigsOf({ name, direction, seed }: ExportedStudy, best: readonly Exported[]): BestConfigs {
  return {
    format: 'galapagos-best-configs/1',
    study: name,
    direction,
    seed,
    best: best.map(({ trial, value, params, attempt, origin }, i) => {
      return { rank: i + 1, trial, value, params: { ...params }, attempt, lineage: lineageOf(origin) };
    }),
  };
}

/** A trial's origin as files and output have it. */
export function lineageOf(origin: Origin | null): BestConfigs['best'][number]['lineage'] {
  return origin === null ? null : { operator: origin.operator, parents: [...origin.parents], generation: origin.generation };
}

/** Writes `best-configs.json` atomically. @throws GalapagosError when the file cannot be written */
export function exportBest(file: string, study: ExportedStudy, best: readonly Exported[]): void {
  writeAtomically(file, jsonText(bestConfigsOf(study, best)));
}

export function jsonText(configs: BestConfigs): string {
  return `${JSON.stringify(configs, null, 2)}\n`;
}

/** RFC 4180: a head line, then a line per configuration; a parameter that does not exist in one leaves its cell empty. */
export function csvText({ best }: BestConfigs): string {
  const names = [...new Set(best.flatMap(({ params }) => Object.keys(params)))];
  const head = ['rank', 'trial', 'value', ...names, 'attempt', 'operator', 'parents', 'generation'];
  const rows = best.map(({ rank, trial, value, params, attempt, lineage }) => [
    rank,
    trial,
    value,
    ...names.map((name) => (Object.hasOwn(params, name) ? params[name] : '')),
    attempt,
    lineage?.operator ?? '',
    lineage?.parents.join(' ') ?? '',
    lineage?.generation ?? '',
  ]);
  return [head, ...rows].map((cells) => `${cells.map(cell).join(',')}\r\n`).join('');
}

/** Quoted where a comma, quote or line end asks for it. */
function cell(value: unknown): string {
  const text = String(value);
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
