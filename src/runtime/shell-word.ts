/** Characters of a word that a POSIX shell leaves as they are. */
const PLAIN = /^[\p{L}\p{N}_@%+=:,./-]+$/u;

/** Quotes a word for a POSIX shell. */
export function shellWord(word: string): string {
  return PLAIN.test(word) ? word : `'${word.replaceAll("'", String.raw`'\''`)}'`;
}
