/**
 * Index of the window's user-facing text; each view's entries are in a file of `text/`. An entry is
 * a label, or a sentence with named parameters; components never concatenate entries. Numbers
 * arrive formatted by `format.ts`, except counts, which select singular or plural here.
 */
import { words } from './text/words.ts';
import { commands, keys } from './text/commands.ts';
import { compare, confirmation, report } from './text/compare.ts';
import { importHints, imports, datasets } from './text/datasets.ts';
import { rail, header, tabs, exports, frame, strip, pages } from './text/frame.ts';
import { idle } from './text/idle.ts';
import { inspector } from './text/inspector.ts';
import { lab } from './text/lab.ts';
import { machines, settings } from './text/machines.ts';
import { setUp } from './text/set-up.ts';
import { start, drop } from './text/start.ts';
import { studyChanges } from './text/study-changes.ts';
import { trials } from './text/trials.ts';

export const text = {
  ...words,
  rail,
  header,
  tabs,
  exports,
  frame,
  strip,
  pages,
  commands,
  keys,
  idle,
  start,
  drop,
  inspector,
  studyChanges,
  trials,
  setUp,
  importHints,
  imports,
  datasets,
  compare,
  confirmation,
  report,
  lab,
  machines,
  settings,
};
