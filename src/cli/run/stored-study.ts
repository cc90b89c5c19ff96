/**
 * Converts a study of the lab file for `run --resume`: a study that was set up in the window has no
 * file.
 */
import type { LabReader } from '../../storage/lab-reader.ts';
import { looksLikeFile } from '../../studies/looks-like-file.ts';
import { presetNames } from './presets.ts';
import type { ResolvedStudy } from './resolve-study.ts';

/** Returns whether `run NAME --resume` names a study of the lab and not a preset or a file. */
export function namesStoredStudy(named: string, resources: string): boolean {
  return !looksLikeFile(named) && !presetNames(resources).includes(named);
}

/** @returns null: the lab has no study of Galapagos with this name or uid */
export function storedStudy(
  reader: LabReader,
  named: string,
  lab: string,
): { readonly uid: string; readonly study: ResolvedStudy } | null {
  const found = reader.study(named);
  if (found?.spec == null || found.limits === null || found.uid === null) return null;
  const { uid, spec, limits } = found;
  return { uid, study: { spec, limits, pruner: null, named, source: lab, notes: [] } };
}
