/** Reads and maps the trials that `run --start-from` names, before anything starts. */
import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { learns } from '../../core/samplers/with-history.ts';
import { createSampler } from '../../core/samplers/create-sampler.ts';
import type { StudySpec } from '../../core/study/study-spec.ts';
import type { MappedHistory } from '../../studies/start-from/map-history.ts';
import { UsageError } from '../process/exit-codes.ts';

export interface StartFlags {
  /** `FILE`, `FILE#STUDY`, or `#STUDY` of the lab itself; in the order given. */
  readonly startFrom?: readonly string[];
  /** Column or metric that is the value. */
  readonly startValue?: string;
}

export interface Started {
  readonly spec: StudySpec;
  readonly histories: readonly MappedHistory[];
  readonly notes: readonly string[];
}

/**
 * @param places `lab` as an absolute path
 * @throws UsageError, InvalidInput, StorageError: then nothing has started
 */
export async function startedFrom(
  spec: StudySpec,
  { startFrom = [], startValue }: StartFlags,
  { cwd, lab, resume }: { readonly cwd: string; readonly lab: string; readonly resume: boolean },
): Promise<Started> {
  if (startFrom.length === 0) {
    if (startValue === undefined) return { spec, histories: [], notes: [] };
    throw new UsageError('--start-value names a value of --start-from, which is missing');
  }
  if (resume)
    throw new UsageError(
      'a study keeps the trials that it started from: leave --start-from out, or --resume to create another study',
    );
  if (startValue !== undefined && spec.objectives !== undefined)
    throw new UsageError(
      'the study lists objectives, whose metrics are the values: leave --start-value out',
    );
  // Loaded on demand: loading the native library would slow down every other command.
  const { readSource } = await import('../../studies/start-from/read-source.ts');
  const { mapHistory, joinHistories, historyText } =
    await import('../../studies/start-from/map-history.ts');
  const constraints = Object.keys(spec.constraints ?? {});
  const named = startValue === undefined ? null : [startValue];
  const values = spec.objectives?.map(({ metric }) => metric) ?? named;
  const histories = startFrom.map((source) => {
    const { path, study } = partsOf(source, cwd);
    return mapHistory(readSource(path ?? lab, { study, values, constraints }), spec);
  });
  return {
    spec: { ...spec, ...joinHistories(histories) },
    histories,
    notes: histories.flatMap(historyText),
  };
}

/** Note on a study whose sampler ignores its history; null: it learns from it, or has none. */
export function unusedHistory({
  history = [],
  sampler,
  searchSpace,
  direction,
  seed,
}: StudySpec): string | null {
  if (history.length === 0 || learns(createSampler(sampler, searchSpace, direction, seed)))
    return null;
  return 'its sampler learns nothing from trials of another search, so those that it starts from change nothing';
}

/**
 * The text before a `#` is a file, and that after it a study, whose name may contain others; a null
 * path: the lab.
 */
export function partsOf(
  source: string,
  cwd: string,
): { readonly path: string | null; readonly study: string | null } {
  const whole = resolve(cwd, source);
  if (!source.includes('#') || existsSync(whole)) return { path: whole, study: null };
  const marks = [...source.matchAll(/#/g)].map(({ index }) => index);
  const isFile = (mark: number): boolean => existsSync(resolve(cwd, source.slice(0, mark)));
  const at = marks.find((mark) => mark === 0 || isFile(mark)) ?? source.lastIndexOf('#');
  const study = source.slice(at + 1);
  if (study === '') throw new UsageError(`expected a study after # in ${source}`);
  return { path: at === 0 ? null : resolve(cwd, source.slice(0, at)), study };
}
