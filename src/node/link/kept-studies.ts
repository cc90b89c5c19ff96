/**
 * Deletes the files of studies that the lab no longer has: notes each study that files may be kept
 * of, names them to the host on each link, and carries out its answer. Contains no paths.
 */
import { MOST_STUDIES } from '../../protocol/node-messages.ts';
import type { Discard, StudyMessage } from '../../protocol/worker-messages.ts';
import type { ToHost } from './to-host.ts';

/** Files of the host's trials on this machine. None of these throws or rejects. */
export interface LabFiles {
  /** Deletes files of trials that the host names. */
  discard(what: Discard): void;
  /** Notes that the lab has the study, of which files may be kept here. @param lab its identity */
  note(lab: string, study: StudyMessage): void;
  /** Uids of the lab's studies that files may be kept of. */
  kept(lab: string): Promise<readonly string[]>;
  /**
   * Deletes files of studies that the lab no longer has.
   * @returns contents of fetched code that no study needs any more
   */
  forget(lab: string, studies: readonly string[]): Promise<readonly string[]>;
}

export interface KeptStudiesParts {
  readonly files: Pick<LabFiles, 'note' | 'kept' | 'forget'>;
  readonly host: Pick<ToHost, 'send'>;
  /** Removes fetched code that no study needs any more. */
  readonly unneeded: (contents: readonly string[]) => Promise<void>;
  readonly warn: (text: string) => void;
}

export class KeptStudies {
  readonly #parts: KeptStudiesParts;
  /** Identity of the lab of the last link; null: none, or the host is of an earlier release. */
  #lab: string | null = null;

  constructor(parts: KeptStudiesParts) {
    this.#parts = parts;
  }

  /** A link begins: asks which of the studies that files are kept of are still in the lab. */
  async welcomed(lab: string | null): Promise<void> {
    this.#lab = lab;
    if (lab === null) return;
    const kept = await this.#parts.files.kept(lab);
    for (let from = 0; from < kept.length && lab === this.#lab; from += MOST_STUDIES) {
      const studies = kept.slice(from, from + MOST_STUDIES);
      this.#parts.host.send({ type: 'keeps', labId: lab, studies });
    }
  }

  /** A worker is sent the study. */
  sent(study: StudyMessage): void {
    if (this.#lab !== null) this.#parts.files.note(this.#lab, study);
  }

  /** The lab no longer has the studies. Ignores what concerns the lab of an earlier link. */
  async forget(lab: string, studies: readonly string[]): Promise<void> {
    if (lab !== this.#lab) return;
    const { files, unneeded, warn } = this.#parts;
    try {
      await unneeded(await files.forget(lab, studies));
    } catch (error) {
      warn(`cannot delete code of removed studies: ${String(error)}`);
    }
  }
}
