/**
 * The form of the dialog that edits a study's search, as typed: fields filled in from the search as
 * it is, and the change that the typed fields ask for. Pure.
 */
import type { ParamValue } from '../../../core/search-space/distribution.ts';
import type { SearchChange } from '../../../core/study/search-edit.ts';
import type { StudyHead } from '../../../protocol/window/study-stream.ts';

type Searched = NonNullable<StudyHead['searched']>;

/** Row of a number. An empty `fixed`: the parameter is searched. */
export interface NumberRow {
  readonly kind: 'number';
  readonly name: string;
  readonly low: string;
  readonly high: string;
  readonly fixed: string;
}

/** Row of a categorical parameter; one choice left fixes it. */
interface ChoiceRow {
  readonly kind: 'choices';
  readonly name: string;
  readonly choices: readonly ParamValue[];
  readonly kept: readonly boolean[];
}

export type Row = NumberRow | ChoiceRow;

export interface EditForm {
  readonly rows: readonly Row[];
  readonly sampler: string;
  readonly pruner: string;
}

/** A field that cannot be read. */
interface FieldProblem {
  /** Name of a parameter. */
  readonly name: string;
  readonly field: 'low' | 'high' | 'fixed' | 'choices';
  readonly found: string;
}

interface Parsed {
  readonly problems: readonly FieldProblem[];
  /** Null: the fields state the search that the study has. */
  readonly change: SearchChange | null;
}

/** Returns the form filled in with the search that a study has. */
export function formOf({ searchSpace, only = {}, sampler, pruner }: Searched): EditForm {
  return {
    rows: Object.entries(searchSpace).map(([name, distribution]): Row => {
      const limited = Object.hasOwn(only, name) ? only[name] : undefined;
      if (distribution.type === 'categorical') {
        const { choices } = distribution;
        const kept = choices.map((choice) => limited?.includes(choice) ?? true);
        return { kind: 'choices', name, choices, kept };
      }
      const { low, high } = distribution;
      const fixed = limited === undefined ? '' : String(limited[0]);
      return { kind: 'number', name, low: String(low), high: String(high), fixed };
    }),
    sampler: sampler.name,
    pruner: pruner?.name ?? 'none',
  };
}

/** Returns the change that leads from one form to another. Fields that are equal ask for none. */
export function changeOf(before: EditForm, form: EditForm): Parsed {
  const problems: FieldProblem[] = [];
  const ranges: Record<string, { low: number; high: number }> = {};
  const only: Record<string, readonly ParamValue[]> = {};
  const free: string[] = [];
  for (const [i, row] of form.rows.entries()) {
    const from = before.rows[i];
    const { name } = row;
    if (from === undefined) continue;
    if (row.kind === 'choices') {
      if (from.kind !== 'choices' || same(row.kept, from.kept)) continue;
      const kept = row.choices.filter((_, place) => row.kept[place]);
      if (kept.length === 0) problems.push({ name, field: 'choices', found: '' });
      else if (kept.length === row.choices.length && kept.length > 1) free.push(name);
      else only[name] = kept;
      continue;
    }
    if (from.kind !== 'number') continue;
    const read = (field: 'low' | 'high' | 'fixed'): number => {
      const value = numberTyped(row[field]);
      if (Number.isNaN(value)) problems.push({ name, field, found: row[field] });
      return value;
    };
    const moved = row.low.trim() !== from.low || row.high.trim() !== from.high;
    if (moved) ranges[name] = { low: read('low'), high: read('high') };
    const fixed = row.fixed.trim();
    // Another range frees a parameter, so one that stays fixed is fixed again.
    if (fixed !== '' && (moved || fixed !== from.fixed)) only[name] = [read('fixed')];
    if (fixed === '' && from.fixed !== '' && !moved) free.push(name);
  }
  const change: SearchChange = {
    ...(Object.keys(ranges).length === 0 ? {} : { ranges }),
    ...(Object.keys(only).length === 0 ? {} : { only }),
    ...(free.length === 0 ? {} : { free }),
    ...(form.sampler === before.sampler ? {} : { sampler: { name: form.sampler } }),
    ...(form.pruner === before.pruner ? {} : { pruner: { name: form.pruner } }),
  };
  return { problems, change: Object.keys(change).length === 0 ? null : change };
}

/** Part of the form that a problem of the host concerns. */
export type ProblemPlace =
  | { readonly part: 'parameter'; readonly name: string }
  | { readonly part: 'sampler' | 'pruner' | 'whole' };

/** Returns where to show a problem, by its path: `ranges.x.low`, `only.kind`, `sampler.name`. */
export function placeOf(path: string, names: readonly string[]): ProblemPlace {
  const dot = path.indexOf('.');
  const [head, rest] = dot < 0 ? [path, ''] : [path.slice(0, dot), path.slice(dot + 1)];
  if (head === 'sampler' || head === 'pruner') return { part: head };
  if (!['ranges', 'only', 'searchSpace', 'free'].includes(head)) return { part: 'whole' };
  // Names may contain dots, so the longest that fits is meant.
  const [name] = names
    .filter((each) => rest === each || rest.startsWith(`${each}.`))
    .sort((a, b) => b.length - a.length);
  return name === undefined ? { part: 'whole' } : { part: 'parameter', name };
}

/** Returns NaN for text that is not a number. */
function numberTyped(text: string): number {
  const trimmed = text.trim().replaceAll('−', '-');
  const value = trimmed === '' ? NaN : Number(trimmed);
  return Number.isFinite(value) ? value : NaN;
}

function same(a: readonly boolean[], b: readonly boolean[]): boolean {
  return a.every((each, i) => each === b[i]);
}
