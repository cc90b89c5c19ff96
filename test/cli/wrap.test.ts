import { describe, expect, it } from 'vitest';
import { wrapped } from '../../src/cli/display/wrap.ts';

describe('Help: wrapping', () => {
  it('breaks long lines between words and leaves short ones as they are', () => {
    expect(wrapped('one two three four\n\nfive', 9)).toBe('one two\nthree\nfour\n\nfive');
  });

  it('joins the lines of a paragraph before it breaks them, and keeps lists and examples apart', () => {
    const source = 'one two\nthree four\n\nCodes:\n  a  first\n  b  second';
    expect(wrapped(source, 80)).toBe('one two three four\n\nCodes:\n  a  first\n  b  second');
  });

  it('indents what follows in an example', () => {
    expect(wrapped('  run mnist --trials 20', 14)).toBe('  run mnist\n    --trials\n    20');
  });

  it('never cuts a word that is longer than a line', () => {
    expect(wrapped('a https://example.org/long b', 10)).toBe('a\nhttps://example.org/long b');
  });
});
