/** Rules for names of studies and for notes on them. */
import { hasHiddenCharacters } from '../hidden-characters.ts';

const NAME = /^(?!\s)[^\p{Cc}\p{Cs}\u202a-\u202e\u2066-\u2069]{1,512}(?<!\s)$/u;

/** Longest note on a study, in UTF-16 code units. */
export const LONGEST_NOTE = 4_000;

/** 1 to 512 characters, without control or reordering characters, no space at its ends. */
export function isStudyName(name: string): boolean {
  return NAME.test(name);
}

/** Text of several lines, without other control characters and without reordering characters. */
export function isStudyNote(note: string): boolean {
  return note.length <= LONGEST_NOTE && !hasHiddenCharacters(note.replaceAll(/[\n\t]/g, ''));
}
