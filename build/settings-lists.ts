/**
 * Lists of samplers and pruners with their settings, for docs/study-files.md. The texts are those
 * that the window and the schemas show.
 */
import { pruners } from '../src/core/pruners/create-pruner.ts';
import { samplers } from '../src/core/samplers/create-sampler.ts';
import type { Setting } from '../src/core/settings.ts';

interface Entry {
  readonly name: string;
  readonly pick: string;
  readonly settings: Readonly<Record<string, Setting>>;
}

const lists: Readonly<Record<string, readonly Entry[]>> = { samplers, pruners };

/** Breaks a text between words, so that no line exceeds 98 columns. */
function wrapped(text: string, indent: string): string {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ')) {
    if (line !== '' && indent.length + line.length + 1 + word.length > 98) {
      lines.push(line);
      line = word;
    } else line = line === '' ? word : `${line} ${word}`;
  }
  return [...lines, line].join(`\n${indent}`);
}

/** For example `` `population` (5): number of the best trials that may be parents ``. */
function settingText(name: string, setting: Setting): string {
  return `\`${name}\`${defaultText(setting)}: ${setting.meaning}`;
}

function defaultText(setting: Setting): string {
  if (!('words' in setting)) return setting.default === null ? '' : ` (${setting.default})`;
  const others = setting.words.filter((word) => word !== setting.default);
  return ` ("${setting.default}"; or ${others.map((word) => `"${word}"`).join(', ')})`;
}

function entryText({ name, pick, settings }: Entry): string {
  const head = `- ${wrapped(`**\`${name}\`**. ${pick}`, '  ')}`;
  const rows = Object.entries(settings).map(
    ([setting, row]) => `  - ${wrapped(settingText(setting, row), '    ')}`,
  );
  return [head, ...rows].join('\n');
}

/** The document with its lists as the tables are now. @throws Error for an unknown list */
export function withSettings(document: string): string {
  return document.replace(
    /<!-- settings:(\w+) -->[\s\S]*?<!-- \/settings -->/g,
    (_, name: string) => {
      const entries = lists[name];
      if (entries === undefined) throw new Error(`no list of settings is called ${name}`);
      const text = entries.map(entryText).join('\n');
      return `<!-- settings:${name} -->\n\n${text}\n\n<!-- /settings -->`;
    },
  );
}
