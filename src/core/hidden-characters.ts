/**
 * Detects deceptive characters in names: lone surrogates, which no encoding can represent, and
 * controls that reorder text or control the terminal. Letters of right-to-left scripts are
 * accepted.
 */

/** Lone surrogates, bidirectional embeddings, overrides and isolates. */
const REORDERING = /[\p{Cs}\u202a-\u202e\u2066-\u2069]/u;
const EVERY_REORDERING = new RegExp(REORDERING, 'gu');
/** The same characters, and control characters. */
const HIDDEN = /[\p{Cs}\p{Cc}\u202a-\u202e\u2066-\u2069]/u;
const EVERY_HIDDEN = new RegExp(HIDDEN, 'gu');

export function hasHiddenCharacters(text: string): boolean {
  return HIDDEN.test(text);
}

/** Replaces each such character by its escape, such as `\u202e`; for names from other sources. */
export function withEscapes(text: string): string {
  return HIDDEN.test(text) ? text.replaceAll(EVERY_HIDDEN, escaped) : text;
}

/** As `withEscapes`, for text with intended control characters, such as a terminal's colours. */
export function withoutReordering(text: string): string {
  return REORDERING.test(text) ? text.replaceAll(EVERY_REORDERING, escaped) : text;
}

function escaped(character: string): string {
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
}
