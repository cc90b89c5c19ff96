/** A trial as JSON for the clipboard: its parameters, its score and its origin. Pure. */
import { at } from '../../core/at.ts';
import { axesOf } from '../../core/search-space/axis.ts';
import type { StudyHead } from '../../protocol/window/study-stream.ts';
import type { TrialTable } from '../state/trial-table.ts';

export function trialJson(head: StudyHead, table: TrialTable, trial: number): string {
  const axes = head.searched === null ? [] : axesOf(head.searched.searchSpace);
  const encoded = table.params(trial);
  const params: Record<string, unknown> = {};
  for (const { name, index, distribution } of axes) {
    const own = encoded[index] ?? NaN;
    if (!Number.isNaN(own))
      params[name] = distribution.type === 'categorical' ? distribution.choices[own] : own;
  }
  const value = table.value(trial);
  const energy = at(table.columns.energy, trial);
  return JSON.stringify(
    {
      study: head.name,
      trial,
      state: table.state(trial),
      value: Number.isFinite(value) ? value : null,
      params,
      energy: Number.isFinite(energy) ? energy : null,
      lineage: {
        operator: head.operators[at(table.columns.operator, trial)] ?? null,
        parents: table.parents(trial),
        generation: table.generation(trial),
      },
    },
    null,
    2,
  );
}
