/** Writes `best-configs.json`. */
import { bestConfigsOf, jsonText } from '../../documents/best-configs.ts';
import type { Exported, ExportedStudy } from '../../documents/best-configs.ts';
import { writeAtomically } from '../../runtime/write-atomically.ts';

/** Default number of exported configurations. */
export const TOP = 5;

/** Writes `best-configs.json` atomically. @throws GalapagosError when the file cannot be written */
export function exportBest(file: string, study: ExportedStudy, best: readonly Exported[]): void {
  writeAtomically(file, jsonText(bestConfigsOf(study, best)));
}
