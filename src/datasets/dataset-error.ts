/** Errors in imported data: file or entry, place in it, expected and found. */
import type { ErrorCode } from '../core/error-codes.ts';
import { GalapagosError } from '../core/errors.ts';

/** Facts of a `DatasetError`, as its `data` is sent to windows; unknown ones are absent. */
export interface DatasetFault {
  /** The file's name; an archive's entry as `archive › entry`. */
  readonly file: string;
  /** Place in the file: `offset 8`, `row 3`, `chunk IHDR`; absent: the whole file. */
  readonly place?: string;
  readonly expected?: string;
  readonly found?: string;
  /** Remedy, or a possible cause. */
  readonly hint?: string;
  /**
   * The field of `ImportOptions` that resolves the error; `hint` then names the command line's
   * flag.
   */
  readonly option?: string;
  /**
   * Names of a table's columns among which `option` chooses; absent: not applicable, or unknown.
   */
  readonly columns?: readonly string[];
}

export class DatasetError extends GalapagosError {
  readonly file: string;

  /**
   * @param complaint a sentence without its full stop and without the file; see `mismatch` and the
   *   functions below
   */
  constructor(fault: DatasetFault, complaint: string, code: ErrorCode = 'bad-dataset') {
    super(code, `${fault.file}: ${complaint}`, { ...fault });
    this.file = fault.file;
  }
}

/**
 * Remedy in words; or the option that resolves the error, the command line's text for it, and the
 * columns it can name.
 */
type Hint =
  | string
  | { readonly option: string; readonly words: string; readonly columns?: readonly string[] };

/**
 * `offset 8: expected …, found … (hint)`; @param place such as `offset 8` or `row 3`; null: the
 * whole file
 */
export function mismatch(
  file: string,
  place: string | null,
  expected: string,
  found: string,
  hint?: Hint,
): DatasetError {
  const words = typeof hint === 'object' ? hint.words : hint;
  const fault = {
    ...faultOf(file, place, expected, found),
    ...(words === undefined ? {} : { hint: words }),
    ...(typeof hint === 'object' ? { option: hint.option } : {}),
    ...(typeof hint === 'object' && hint.columns !== undefined ? { columns: hint.columns } : {}),
  };
  return new DatasetError(
    fault,
    `${at(place)}expected ${expected}, found ${found}${words === undefined ? '' : ` (${words})`}`,
  );
}

/**
 * `is not a whole PNG (its reason)`. @param what `a whole PNG` @param reason error of the decoder,
 * or a sentence
 */
export function broken(
  file: string,
  place: string | null,
  what: string,
  reason: unknown,
): DatasetError {
  const found = reasonOf(reason);
  return new DatasetError(
    faultOf(file, place, what, found),
    `${at(place)}is not ${what} (${found})`,
  );
}

/** `cannot be read (its reason)`. */
export function unreadable(
  file: string,
  reason: unknown,
  place: string | null = null,
): DatasetError {
  const found = reasonOf(reason);
  return new DatasetError(
    faultOf(file, place, 'a file that can be read', found),
    `${at(place)}cannot be read (${found})`,
  );
}

/** The disk that imports are written to is full. */
export function diskFull(): DatasetError {
  const [expected, hint] = [
    'free space on its disk',
    'free some space, or set GALAPAGOS_HOME to a folder on another disk',
  ];
  const fault = { file: 'the user folder', expected, found: 'a full disk', hint };
  return new DatasetError(fault, `its disk is full: ${hint}`, 'disk-full');
}

export function isDiskFull(error: unknown): boolean {
  return (
    error instanceof Error &&
    'code' in error &&
    (error.code === 'ENOSPC' || error.code === 'EDQUOT')
  );
}

/** `1,234`. */
export function grouped(n: number): string {
  return n.toLocaleString('en');
}

/**
 * Message of a thrown value, without the path that the system adds: the file has already been
 * named, and may be known by another name.
 */
export function reasonOf(error: unknown): string {
  if (typeof error === 'string') return error;
  if (!(error instanceof Error)) return String(error);
  return 'syscall' in error ? error.message.replace(/ '.*'$/s, '') : error.message;
}

function at(place: string | null): string {
  return place === null ? '' : `${place}: `;
}

function faultOf(
  file: string,
  place: string | null,
  expected: string,
  found: string,
): DatasetFault {
  return place === null ? { file, expected, found } : { file, place, expected, found };
}
