/** What is wrong with data that someone brings: which file or entry, where in it, what was expected and what found. */
import { GalapagosError } from '../../core/errors.ts';

export class DatasetError extends GalapagosError {
  readonly file: string;

  /**
   * @param file the file's name; an archive's entry as `archive › entry`
   * @param complaint a sentence without its end, best made by `expected`
   */
  constructor(file: string, complaint: string, code = 'bad-dataset') {
    super(code, `${file}: ${complaint}`, { file });
    this.file = file;
  }
}

/** `offset 8: expected …, found … (hint)`; @param place such as `offset 8` or `row 3`; null: the whole file */
export function mismatch(file: string, place: string | null, expected: string, found: string, hint?: string): DatasetError {
  const where = place === null ? '' : `${place}: `;
  return new DatasetError(file, `${where}expected ${expected}, found ${found}${hint === undefined ? '' : ` (${hint})`}`);
}

/** `1,234`. */
export function grouped(n: number): string {
  return n.toLocaleString('en');
}

/** The message of whatever was thrown. */
export function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
