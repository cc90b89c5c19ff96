/**
 * Writes the state diagrams of docs/architecture-scheduling.md from the scheduler's transition
 * tables, and the lists of settings of docs/study-files.md (`npm run diagrams`).
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ATTEMPT_TRANSITIONS } from '../src/core/scheduling/attempts.ts';
import { MODE_TRANSITIONS } from '../src/core/scheduling/node-modes.ts';
import { NODE_TRANSITIONS } from '../src/core/scheduling/presence.ts';
import type { TransitionTable } from '../src/core/scheduling/transitions.ts';
import { TRIAL_TRANSITIONS } from '../src/core/scheduling/trials.ts';
import { withSettings } from './settings-lists.ts';

const tables = {
  trial: TRIAL_TRANSITIONS,
  attempt: ATTEMPT_TRANSITIONS,
  node: NODE_TRANSITIONS,
  mode: MODE_TRANSITIONS,
} as const;
const docs = join(import.meta.dirname, '../docs');

/** Mermaid source of one table; an edge has the first clause of its occasion as label. */
function diagram(table: TransitionTable<string, string>): string {
  const edges = Object.entries(table).flatMap(([from, row]) => {
    const ends = Object.entries(row);
    if (ends.length === 0) return [`  ${from} --> [*]`];
    return ends.map(([to, occasion]) => {
      const [label = ''] = (occasion ?? '').split(/[;:(]/);
      return `  ${from === 'new' ? '[*]' : from} --> ${to}: ${label.trim()}`;
    });
  });
  return ['```mermaid', 'stateDiagram-v2', ...edges, '```'].join('\n');
}

/** The document with its diagrams as the tables are now. @throws Error for an unknown table */
export function withDiagrams(document: string): string {
  return document.replace(/<!-- states:(\w+) -->[\s\S]*?<!-- \/states -->/g, (_, name: string) => {
    if (!(name in tables)) throw new Error(`no transition table is called ${name}`);
    const table = tables[name as keyof typeof tables];
    return `<!-- states:${name} -->\n\n${diagram(table)}\n\n<!-- /states -->`;
  });
}

function rewrite(file: string, change: (document: string) => string): void {
  const path = join(docs, file);
  writeFileSync(path, change(readFileSync(path, 'utf8')));
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  rewrite('architecture-scheduling.md', withDiagrams);
  rewrite('study-files.md', withSettings);
}
