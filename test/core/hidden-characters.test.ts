import { describe, expect, it } from 'vitest';
import {
  hasHiddenCharacters,
  withEscapes,
  withoutReordering,
} from '../../src/core/hidden-characters.ts';
import { commands } from '../../src/protocol/endpoints.ts';
import { studyName } from '../../src/protocol/study-file.ts';

const hostile = [
  'a\u202etxt.exe',
  '\u2066a\u2069',
  'half \ud800',
  '\udc00 half',
  'bell\u0007',
  'esc\u001b[31m',
  'line\nend',
];
const honest = ['mnist', 'größe', '学習率', 'שלום', 'مرحبا', '👩‍🔬 lab', 'a/b c', '\u200fשלום'];

describe('Names: deceptive characters', () => {
  it.each(hostile)(
    'refuses them in names of studies and imports, and shows them escaped: %j',
    (name) => {
      expect(hasHiddenCharacters(name)).toBe(true);
      expect(studyName.safeParse(name).success).toBe(false);
      const source = { kind: 'upload', upload: 'u' };
      expect(
        commands.beginImport.input.safeParse({ source, label: name, options: {} }).success,
      ).toBe(false);
      expect(hasHiddenCharacters(withEscapes(name))).toBe(false);
    },
  );

  it.each(honest)('accepts names of any script: %j', (name) => {
    expect(hasHiddenCharacters(name)).toBe(false);
    expect(studyName.safeParse(name).success).toBe(true);
    expect(withEscapes(name)).toBe(name);
  });

  it('escapes them in a line for the terminal and keeps its colours', () => {
    expect(withoutReordering('\u001b[1mbest\u001b[22m \u202egnp \ud800')).toBe(
      '\u001b[1mbest\u001b[22m \\u202egnp \\ud800',
    );
  });
});
