/** Which split a file, folder or array belongs to, by the words in its name. */
import { defined } from '../../core/at.ts';
export type Split = 'training' | 'test' | 'validation';

const WORDS: ReadonlyMap<string, Split> = new Map([
  ['train', 'training'],
  ['training', 'training'],
  ['test', 'test'],
  ['testing', 'test'],
  ['t10k', 'test'],
  ['val', 'validation'],
  ['valid', 'validation'],
  ['validation', 'validation'],
]);

/** Split of a folder, which only its whole name determines: `test`, not `test-tubes`. */
export function splitOfFolder(name: string): Split | null {
  return WORDS.get(name.toLowerCase()) ?? null;
}

/**
 * Split of a path: any word of its last part counts (`t10k-images`, `x_train`,
 * `test-00000-of-00001`), of its folders the whole name.
 */
export function splitOfPath(path: string): Split | null {
  const parts = path.split('/');
  const last = defined(parts.pop());
  const words = last.toLowerCase().split(/[^a-z0-9]+/);
  const said = words.map((word) => WORDS.get(word)).find((split) => split !== undefined);
  return (
    said ??
    parts
      .reverse()
      .map(splitOfFolder)
      .find((split) => split !== null) ??
    null
  );
}
