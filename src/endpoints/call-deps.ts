/** What handlers that are not about the running lab stand on. */
import type { Coordinator } from '../coordinator/coordinator.ts';

export interface CallDeps {
  readonly resources: string;
  readonly userFolder: string;
  /** Null: none is open. */
  labFile(): string | null;
  /** The folder of an upload; null: there is none. */
  uploads(id: string): string | null;
  /** The live coordinator; null: none is open, or it failed. */
  lab(): Coordinator | null;
  /** Tells windows that the list of datasets is another. */
  datasetsChanged(): void;
  /** Tells windows that imports went on. */
  importsChanged(): void;
}
