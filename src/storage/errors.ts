/** Failures of a lab file, each with a code for programs and a sentence for users. */
import type { ErrorCode } from '../core/error-codes.ts';
import { GalapagosError } from '../core/errors.ts';

export type StorageCode = Extract<
  ErrorCode,
  | 'not-found'
  | 'not-sqlite'
  | 'not-a-lab'
  | 'schema-older'
  | 'schema-newer'
  | 'read-only'
  | 'disk-full'
  | 'busy'
  | 'held'
  | 'fenced'
  /** Another program deleted or replaced the file or its log while this one wrote it. */
  | 'log-lost'
  | 'damaged'
  /** The file already contains a study of that name. */
  | 'name-taken'
  /** Another program deleted the study. */
  | 'study-gone'
  /**
   * A write that contradicts the stored state: an unknown study, a trial that has ended. Never the
   * file's fault.
   */
  | 'contradiction'
  | 'io'
>;

export class StorageError extends GalapagosError {
  declare readonly code: StorageCode;
  constructor(
    code: StorageCode,
    file: string,
    message: string,
    options: { column?: string; expected?: string; found?: string; cause?: unknown } = {},
  ) {
    const { cause, ...data } = options;
    super(code, message, { file, ...data }, cause);
  }

  /** True if the same call may succeed later. */
  get temporary(): boolean {
    return this.code === 'busy' || this.code === 'disk-full' || this.code === 'io';
  }
}
