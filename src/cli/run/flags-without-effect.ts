/**
 * Notes of `run --resume` on flags, and on a study file, that ask for another search than the
 * stored study has. A study keeps its search; `galapagos edit` changes it.
 */
import { presentName } from '../../core/samplers/create-sampler.ts';
import type { StudySpec } from '../../core/study/study-spec.ts';
import { settingOf } from '../options/arguments.ts';
import { quoted } from './resume-command.ts';

/** Flags that count only when a study is created. */
export interface SearchFlags {
  readonly sampler?: string;
  readonly pruner?: string;
  readonly seed?: number;
}

/**
 * @param given the study of the file or preset; null: the run names the stored study itself
 * @returns one note for each difference
 */
export function withoutEffect(
  { sampler, pruner, seed }: SearchFlags,
  study: StudySpec,
  given: Pick<StudySpec, 'searchSpace'> | null,
): string[] {
  const edit = `galapagos edit ${quoted(study.name)}`;
  const began = study.edits?.[0]?.before ?? study;
  const isOther = (flag: string, own: { readonly name: string } | undefined): boolean => {
    const { name, ...settings } = settingOf(flag);
    if (presentName(name) !== (own?.name ?? 'none')) return true;
    return Object.entries(settings).some(([key, value]) => Reflect.get(own ?? {}, key) !== value);
  };
  const notes: string[] = [];
  const noEffect = (what: string, instead: string): void => {
    notes.push(`${what} has no effect on a study that exists; ${instead}`);
  };
  if (sampler !== undefined && isOther(sampler, study.sampler) && isOther(sampler, began.sampler))
    noEffect(`--sampler ${sampler}`, `to change it: ${edit} --sampler ${quoted(sampler)}`);
  const own = study.pruning?.pruner;
  if (pruner !== undefined && pruner !== 'auto' && isOther(pruner, own))
    noEffect(`--pruner ${pruner}`, `to change it: ${edit} --pruner ${quoted(pruner)}`);
  if (seed !== undefined && seed !== study.seed)
    noEffect(`--seed ${seed}`, `its seed is ${study.seed}`);
  if (given !== null && !isSame(given.searchSpace, began.searchSpace))
    noEffect('the changed search space of the study file', `to change ranges: ${edit}`);
  return notes;
}

function isSame(one: unknown, other: unknown): boolean {
  return JSON.stringify(one) === JSON.stringify(other);
}
