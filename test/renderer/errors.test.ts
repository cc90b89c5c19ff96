import { describe, expect, it } from 'vitest';
import { errorCodeOf, errorCodes } from '../../src/core/error-codes.ts';
import { describe as described } from '../../src/renderer/errors.ts';
import { EndpointFailure } from '../../src/renderer/failure.ts';

const words = (code: string): string =>
  described(
    new EndpointFailure({
      code,
      data: {
        file: 'lab.db',
        expected: 'one thing',
        found: 'another',
        message: 'It failed because of this.',
      },
    }),
  ).words;

describe('Window: words for error codes', () => {
  it.each(errorCodes)('has a sentence for %s', (code) => {
    expect(words(code)).toMatch(/^\S.{10,}\.$/su);
  });

  it.each(errorCodes)('spells %s in kebab-case', (code) => {
    expect(code).toMatch(/^[a-z]+(?:-[a-z]+)*$/);
  });

  it('shows the message of a code that it does not know', () => {
    const failure = new EndpointFailure({ code: 'of-a-later-version', data: { message: 'Why.' } });
    expect(described(failure).words).toBe('Why.');
  });

  it.each([
    ['alreadyEnded', 'already-ended'],
    ['duplicateTrial', 'duplicate-trial'],
    ['limitReached', 'limit-reached'],
    ['nameTaken', 'name-taken'],
    ['notAllowedNow', 'not-allowed-now'],
    ['unknownSlot', 'unknown-slot'],
    ['unknownStudy', 'unknown-study'],
  ])('reads %s of an earlier version as %s', (earlier, present) => {
    expect(errorCodeOf(earlier)).toBe(present);
    expect(words(earlier)).toBe(words(present));
  });
});
