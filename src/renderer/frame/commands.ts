/**
 * All commands of the window, for the palette, keys and the desktop's menus. Commands that are not
 * applicable now are absent.
 */
import { childrenOf, genealogyOf } from '../../core/analysis/genealogy.ts';
import { stoppedEarly } from '../../core/study/stopped.ts';
import { saveFile } from '../files.ts';
import type { App } from '../state/app.svelte.ts';
import { canDelete, canGoOn } from '../state/can-be-done.ts';
import { tabs } from '../state/route.ts';
import { choose } from '../take-in/choose.ts';
import { text } from '../text.ts';
import { pages, timeline, views } from '../views/registry.ts';
import { shownKey } from './keys.ts';
import type { CommandName } from './keys.ts';

export interface Command {
  /** For a command with a key: its `CommandName`. */
  readonly name: string;
  readonly label: string;
  readonly key: string | null;
  /** True if the palette lists it; Esc needs no entry. */
  readonly listed: boolean;
  readonly run: () => void;
}

export interface Openers {
  readonly palette: () => void;
  readonly sheet: () => void;
}

export function commandsOf(app: App, openers: Openers): readonly Command[] {
  return [
    ...pageCommands(app),
    ...studyCommands(app),
    ...trialCommands(app),
    ...windowCommands(app, openers),
  ];
}

function command(name: CommandName, label: string, run: () => void, listed = true): Command {
  return { name, label, key: shownKey(name), listed, run };
}

function pageCommands(app: App): Command[] {
  const { route, lab } = app;
  const found: Command[] = [];
  if (pages.new !== undefined)
    found.push(
      command('new-study', text.commands.newStudy, () => route.go({ page: 'new', dataset: null })),
    );
  found.push(
    command('open-data', text.commands.openData, () => void choose(app, 'dataset-file')),
    command('open-lab', text.commands.openLab, () => void choose(app, 'lab')),
  );
  if (pages.datasets !== undefined)
    found.push(
      command('datasets', text.commands.datasets, () =>
        route.go({ page: 'datasets', dataset: null }),
      ),
    );
  if (pages.machines !== undefined)
    found.push(command('machines', text.commands.machines, () => route.go({ page: 'machines' })));
  if (pages.settings !== undefined)
    found.push(command('settings', text.commands.settings, () => route.go({ page: 'settings' })));
  for (const { key, name, deleted } of lab.studies) {
    if (deleted) {
      const label = text.studyChanges.restoreNamed({ name });
      found.push({
        name: `restore ${key}`,
        label,
        key: null,
        listed: true,
        run: () => void app.acts.restore(key, name, true),
      });
      continue;
    }
    const run = (): void => route.go({ page: 'study', study: key, tab: 'evolution' });
    found.push({
      name: `study ${key}`,
      label: text.commands.study({ name }),
      key: null,
      listed: true,
      run,
    });
  }
  return found;
}

function studyCommands({ study, acts, route, client, preferences, view }: App): Command[] {
  const head = study?.head;
  if (head === null || head === undefined) return [];
  const found = tabs.flatMap((tab, i) =>
    views[tab] === undefined
      ? []
      : [command(`tab-${(i + 1) as 1 | 2 | 3 | 4 | 5}`, text.tabs[tab], () => route.tab(tab))],
  );
  if (timeline !== null)
    found.push(
      command('strip', text.commands.strip, () =>
        preferences.set('strip.folded', !preferences.get('strip.folded', false)),
      ),
    );
  if (head.uid === null || head.deleted) return found;
  found.push(command('rename', text.commands.rename, () => (view.renaming = true)));
  found.push(command('duplicate', text.commands.duplicate, () => void acts.duplicate(head.key)));
  if (canDelete(head))
    found.push(
      command('delete', text.commands.delete, () => void acts.deleteStudy(head.key, head.name)),
    );
  if (head.state === 'running')
    found.push(command('pause-resume', text.commands.pause, () => void acts.pause(head.key)));
  const stopped = stoppedEarly(head);
  if (head.state === 'paused' || head.state === 'pausing' || stopped !== null) {
    const words = stopped === null ? text.commands.resume : text.header.resumeRemaining(stopped);
    found.push(command('pause-resume', words, () => void acts.resume(head.key)));
  }
  if (head.state !== 'finished')
    found.push(command('stop', text.commands.stop, () => void acts.stop(head.key)));
  if (canGoOn(head))
    found.push(
      command('add', text.commands.add({ trials: 32 }), () => void acts.add(head.key, 32)),
    );
  if (head.best !== null) {
    const save = async (): Promise<void> =>
      saveFile(client, await client.query('export', { study: head.key, what: 'best', top: 5 }));
    found.push(command('export-best', text.exports.best, () => void acts.attempt(save)));
  }
  return found;
}

function trialCommands({ study, selection }: App): Command[] {
  if (study?.head === null || study === null) return [];
  const { table, head } = study;
  const step = (by: 1 | -1): void => {
    const next =
      selection.order === null
        ? byNumber(table, selection.trial, by)
        : selection.order(selection.trial, by);
    if (next !== null) selection.select(next);
  };
  const found = [
    command('next', text.commands.next, () => step(1)),
    command('previous', text.commands.previous, () => step(-1)),
  ];
  const { best } = head;
  if (best !== null)
    found.push(command('best', text.commands.best, () => selection.select(best.trial)));
  const { trial } = selection;
  if (trial === null) return found;
  const go = (to: number | undefined): void => {
    if (to !== undefined) selection.select(to);
  };
  const lineage = (): number[] =>
    genealogyOf(table, trial)
      .layers.flat()
      .sort((a, b) => a - b);
  return [
    ...found,
    command('parents', text.commands.parents, () => go(table.parents(trial)[0])),
    command('children', text.commands.children, () => go(childrenOf(table, trial)[0])),
    command('lineage-previous', text.commands.lineagePrevious, () =>
      go(lineage().findLast((number) => number < trial)),
    ),
    command('lineage-next', text.commands.lineageNext, () => go(childrenOf(table, trial)[0])),
  ];
}

function windowCommands({ selection, view }: App, { palette, sheet }: Openers): Command[] {
  return [
    ...(view.fit === null ? [] : [command('fit', text.commands.fit, view.fit)]),
    ...(view.table === null ? [] : [command('table', text.commands.table, view.table)]),
    command('commands', text.commands.commands, palette, false),
    command('keys', text.commands.keys, sheet),
    command('out', text.commands.escape, () => selection.clear(), false),
  ];
}

function byNumber(
  table: { size: number; has(number: number): boolean },
  from: number | null,
  by: 1 | -1,
): number | null {
  let next = from === null ? (by === 1 ? 0 : table.size - 1) : from + by;
  while (next >= 0 && next < table.size && !table.has(next)) next += by;
  return next >= 0 && next < table.size ? next : null;
}
