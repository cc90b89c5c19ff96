/** Tests that the list of keyboard shortcuts contains every key that the window handles. */
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { commandLabels } from '../../src/renderer/frame/command-labels.ts';
import { keys } from '../../src/renderer/frame/keys.ts';
import { text } from '../../src/renderer/text.ts';

/** Group of the list for the keys of a file; a file that handles keys needs an entry. */
const GROUPS: Readonly<Record<string, string>> = {
  'charts/Genealogy.svelte': 'Lists, tabs and dividers',
  'frame/CommandPalette.svelte': 'Lists, tabs and dividers',
  'frame/Divider.svelte': 'Lists, tabs and dividers',
  'frame/Tabs.svelte': 'Lists, tabs and dividers',
  'frame/RenameField.svelte': 'Name and note of a study',
  'inspector/StudyNote.svelte': 'Name and note of a study',
  'shared/Segmented.svelte': 'Lists, tabs and dividers',
  'views/curves/StudyCurves.svelte': 'Charts and timeline',
  'views/evolution/pointing.ts': 'Charts and timeline',
  'views/set-up/SetUp.svelte': 'New study',
  'views/space/ParallelAxes.svelte': 'Parallel coordinates',
  'views/space/Scatter.svelte': 'Charts and timeline',
  'views/timeline/Timeline.svelte': 'Charts and timeline',
  'views/trials/TrialsView.svelte': 'Trials table',
};

/** Files whose keys are those of the whole window. */
const WINDOW = ['frame/Keyboard.svelte', 'frame/keys.ts', 'shared/Sheet.svelte'];

const SHOWN: Readonly<Record<string, string>> = {
  ArrowLeft: '←',
  ArrowRight: '→',
  ArrowUp: '↑',
  ArrowDown: '↓',
  Enter: 'Enter',
  Escape: 'Esc',
  PageUp: 'Page Up',
  PageDown: 'Page Down',
  Home: 'Home',
  End: 'End',
};
const KEY = /\b(ArrowLeft|ArrowRight|ArrowUp|ArrowDown|Enter|Escape|PageUp|PageDown|Home|End)\b/g;

function handlers(): ReadonlyMap<string, readonly string[]> {
  const root = 'src/renderer';
  const files = readdirSync(root, { recursive: true, encoding: 'utf8' }).filter((file) =>
    /\.(ts|svelte)$/.test(file),
  );
  const found = new Map<string, readonly string[]>();
  for (const file of files) {
    const source = readFileSync(join(root, file), 'utf8');
    if (!source.includes('KeyboardEvent')) continue;
    const named = [...new Set([...source.matchAll(KEY)].map(([key]) => key))];
    if (named.length > 0) found.set(file.replaceAll('\\', '/'), named);
  }
  return found;
}

describe('Window: list of keyboard shortcuts', () => {
  it('names every key of the whole window with a label, also while its command is unavailable', () => {
    for (const { command, shown } of keys) expect(commandLabels[command], shown).not.toBe('');
    expect(new Set(keys.map(({ shown }) => shown)).size).toBe(keys.length);
  });

  it('names every key that a component handles, in the group of that component', () => {
    const missing = [...handlers()]
      .filter(([file]) => !WINDOW.includes(file))
      .flatMap(([file, named]) => {
        const group = text.keys.places.find(({ title }) => title === GROUPS[file]);
        if (group === undefined) return [`${file}: no group`];
        const shown = group.rows.map((row) => row.shown).join(' ');
        return named
          .filter((key) => !shown.includes(SHOWN[key] ?? key))
          .map((key) => `${file}: ${key}`);
      });
    expect(missing).toEqual([]);
  });
});
