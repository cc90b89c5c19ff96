/**
 * Characters in names that deceive whoever reads them: lone surrogates, which no encoding can
 * write, and controls that reorder text or the terminal's screen. Letters of right-to-left scripts
 * are fine.
 */

/** Lone surrogates, bidirectional embeddings, overrides and isolates. */
const REORDERING = /[\p{Cs}\u202a-\u202e\u2066-\u2069]/u;
const EVERY_REORDERING = new RegExp(REORDERING, 'gu');
/** The same, and control characters. */
const HIDDEN = /[\p{Cs}\p{Cc}\u202a-\u202e\u2066-\u2069]/u;
const EVERY_HIDDEN = new RegExp(HIDDEN, 'gu');

export function hasHiddenCharacters(text: string): boolean {
  return HIDDEN.test(text);
}

/**
 * The text with each such character as its escape, as `\u202e`; for names that others have given.
 */
export function withEscapes(text: string): string {
  return HIDDEN.test(text) ? text.replaceAll(EVERY_HIDDEN, escaped) : text;
}

/** As `withEscapes`, for text with control characters of its own, such as a terminal's colours. */
export function withoutReordering(text: string): string {
  return REORDERING.test(text) ? text.replaceAll(EVERY_REORDERING, escaped) : text;
}

function escaped(character: string): string {
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
}
