/**
 * Files of the host's trials on this machine, as a node keeps and deletes them. Only studies whose
 * programs run in a snapshot leave files here.
 */
import type { LabFiles } from '../../node/link/kept-studies.ts';
import {
  discardLabFiles,
  forgetStudies,
  noteStudyOfLab,
  studiesOfLab,
} from '../../objectives/command/lab-files.ts';
import { objectiveKind } from '../../objectives/registry.ts';
import type { Discard, StudyMessage } from '../../protocol/worker-messages.ts';

export class NodeLabFiles implements LabFiles {
  readonly #userFolder: string;
  readonly #permitted: boolean;
  readonly #warn: (text: string) => void;

  /** @param permitted whether the owner permits programs of the host */
  constructor(userFolder: string, permitted: boolean, warn: (text: string) => void) {
    this.#userFolder = userFolder;
    this.#permitted = permitted;
    this.#warn = warn;
  }

  discard(what: Discard): void {
    if (this.#permitted) void discardLabFiles(this.#userFolder, what);
  }

  note(lab: string, { study, objective }: StudyMessage): void {
    if (!this.#permitted) return;
    try {
      const code = objectiveKind(objective.kind)?.snapshot(objective)?.hash;
      if (code !== undefined) noteStudyOfLab(this.#userFolder, lab, study, code);
    } catch (error) {
      this.#warn(`files of study ${study} are kept for a month: ${String(error)}`);
    }
  }

  kept(lab: string): Promise<readonly string[]> {
    return studiesOfLab(this.#userFolder, lab);
  }

  async forget(lab: string, studies: readonly string[]): Promise<readonly string[]> {
    try {
      return await forgetStudies(this.#userFolder, lab, studies);
    } catch (error) {
      this.#warn(`cannot delete the files of removed studies: ${String(error)}`);
      return [];
    }
  }
}
