/** Reads and maps the searches that a window names, for the thread that reads files. */
import { studyOf } from '../../protocol/study-file.ts';
import type { StudyFile } from '../../protocol/study-file.ts';
import type { StartSource } from '../../protocol/window/start-from.ts';
import { mapHistory } from './map-history.ts';
import type { MappedHistory } from './map-history.ts';
import { readSource } from './read-source.ts';

export interface StartRequest {
  readonly study: StudyFile;
  readonly sources: readonly StartSource[];
  /** The open lab file. */
  readonly lab: string;
}

/** @throws InvalidInput, StorageError: the first source that cannot be a history */
export function startHistories({ study, sources, lab }: StartRequest): MappedHistory[] {
  const { spec } = studyOf(study);
  const metrics = spec.objectives?.map(({ metric }) => metric) ?? null;
  const constraints = Object.keys(spec.constraints ?? {});
  return sources.map((source) => {
    const named = source.kind === 'path' && source.value !== null ? [source.value] : null;
    const path = source.kind === 'path' ? source.path : lab;
    return mapHistory(
      readSource(path, { study: source.study, values: metrics ?? named, constraints }),
      spec,
    );
  });
}
