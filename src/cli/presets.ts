/** The studies that come with Galapagos, by name, and what must be said about some of them. */
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { StudyFile } from '../protocol/study-file.ts';

/** Names of the presets, in alphabetical order. */
export function presetNames(resources: string): string[] {
  return readdirSync(join(resources, 'studies'))
    .filter((file) => file.endsWith('.json'))
    .map((file) => file.slice(0, -'.json'.length))
    .sort();
}

export function presetFile(resources: string, name: string): string {
  return join(resources, 'studies', `${name}.json`);
}

/** What the reader of a study's numbers must know, whoever wrote the study. */
export function notesOn({ objective }: Pick<StudyFile, 'objective'>): string[] {
  if (objective.kind !== 'train') return [];
  const notes: string[] = [];
  if (objective.selectOn === 'test') {
    notes.push(
      'the test set selects the best trial, as in the published protocol: comparable with the published numbers, not an honest estimate of accuracy on new images',
    );
  }
  if (objective.settings['sameStart'] === true) {
    notes.push(
      'every trial starts from the same network seed, as in the published protocol: the best partly owes its value to that one start',
    );
  }
  return notes;
}
