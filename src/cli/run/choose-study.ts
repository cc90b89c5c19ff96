/** Chooses the study of a run: a new one, or an existing one to resume. */
import { freeName } from '../../core/free-name.ts';
import { endedOf } from '../../core/scheduling/index.ts';
import type { Study } from '../../core/scheduling/index.ts';
import { STOPPED_BY_USER } from '../../core/study/stopped.ts';

export type Choice =
  | { readonly kind: 'new'; readonly name: string; readonly note: string | null }
  | { readonly kind: 'resume'; readonly study: Study };

export interface Wanted {
  readonly spec: { readonly name: string };
  /** True to resume the study of this name. */
  readonly resume: boolean;
  /** Uid of the lab's study that the run names; null: it names a file or preset. */
  readonly stored: string | null;
}

/**
 * Without `resume`, a taken name gets the next free number, `name-2`: nothing is overwritten, and a
 * finished search can be repeated. With it, returns the newest unfinished study of that name or a
 * numbered one, including one that the user stopped early; else the newest finished one; else a new
 * one. A study that is named itself, not by its file or preset, is the one that resumes.
 * @param studies the lab's studies, oldest first
 */
export function chooseStudy(
  studies: readonly Study[],
  { spec: { name }, resume, stored }: Wanted,
): Choice {
  const named = studies.find(({ uid, deleted }) => uid === stored && !deleted);
  if (resume && named !== undefined) return { kind: 'resume', study: named };
  const taken = new Set(studies.map(({ spec }) => spec.name));
  const free = freeName(taken, name);
  const namesakes = studies.filter(
    ({ spec, deleted }) => !deleted && (spec.name === name || isNumbered(spec.name, name)),
  );
  if (resume) {
    const study = namesakes.findLast(isUnfinished) ?? namesakes.at(-1);
    return study === undefined
      ? {
          kind: 'new',
          name: free,
          note: `there is no study named ${name} in this lab yet; starting it${as(name, free)}`,
        }
      : { kind: 'resume', study };
  }
  if (namesakes.length === 0) {
    const note =
      free === name
        ? null
        : `this lab holds a deleted study named ${name}, so this run is named ${free}`;
    return { kind: 'new', name: free, note };
  }
  const unfinished = namesakes.some(isUnfinished);
  const hint = unfinished ? '; to continue the unfinished study instead, add --resume' : '';
  return {
    kind: 'new',
    name: free,
    note: `this lab already holds ${name}, so this run is named ${free}${hint}`,
  };
}

/** Describes the new name where a deleted study has the old one. */
function as(name: string, free: string): string {
  return free === name ? '' : ` as ${free}, because a deleted study has that name`;
}

function isUnfinished(study: Study): boolean {
  const { state, reason, limits } = study;
  if (state !== 'finished') return true;
  return reason === STOPPED_BY_USER && endedOf(study) < (limits.trials ?? Infinity);
}

function isNumbered(name: string, base: string): boolean {
  return name.startsWith(`${base}-`) && /^\d+$/.test(name.slice(base.length + 1));
}
