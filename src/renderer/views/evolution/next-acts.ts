/**
 * Actions that the line above the chart of Evolution offers: only applicable ones, the most likely
 * first. Pure.
 */
import { at } from '../../../core/at.ts';
import { axesOf } from '../../../core/search-space/axis.ts';
import type { SearchSpace } from '../../../core/search-space/distribution.ts';
import type { SlotRow } from '../../../protocol/window/lab-stream.ts';
import type { StudyFile } from '../../../protocol/study-file.ts';
import type { StudyHead } from '../../../protocol/window/study-stream.ts';
import { canConfirm, canGoOn } from '../../state/can-be-done.ts';
import type { TrialTable } from '../../state/trial-table.ts';
import { commonOutcome, situationOf } from './state-words.ts';

export type NextAct =
  | { readonly act: 'resume' | 'confirm' | 'export' | 'add' }
  | { readonly act: 'show-original'; readonly study: string }
  | { readonly act: 'show-failure'; readonly trial: number }
  | { readonly act: 'leave-out'; readonly slots: readonly string[] }
  /** `lower`: the least value that failed, for each parameter that makes a network larger. */
  | { readonly act: 'set-up-again'; readonly lower: ReadonlyMap<string, number> };

/** Maximum number of workers for which one button is offered. */
const MOST_SLOTS = 3;
/** Maximum number of trials that are examined. */
const MOST_TRIALS = 5000;

export function nextActs(
  head: StudyHead,
  table: TrialTable,
  loaded: number | null,
  slots: readonly SlotRow[],
): readonly NextAct[] {
  if (head.uid === null) return [];
  if (head.deleted) return head.best === null ? [] : [{ act: 'export' }];
  const situation = situationOf(head, table, loaded);
  if (situation === 'paused') return [{ act: 'resume' }];
  // Results of a confirmation are shown with its original study.
  if (situation === 'stopped' && head.confirms !== null) return [{ act: 'resume' }];
  if (situation === 'finished' && head.confirms !== null)
    return [{ act: 'show-original', study: head.confirms }];
  if (situation === 'finished' || situation === 'stopped') {
    const found: NextAct[] = situation === 'stopped' ? [{ act: 'resume' }] : [];
    if (canConfirm(head)) found.push({ act: 'confirm' });
    if (head.best !== null) found.push({ act: 'export' });
    return canGoOn(head) ? [...found, { act: 'add' }] : found;
  }
  return situation === 'all-failed' ? failureActs(head, table, slots) : [];
}

function failureActs(
  head: StudyHead,
  table: TrialTable,
  slots: readonly SlotRow[],
): readonly NextAct[] {
  const failed = failedTrials(table);
  const [first] = failed;
  if (first === undefined) return [];
  const found: NextAct[] = [{ act: 'show-failure', trial: first }];
  const where = new Set(
    failed.flatMap((number) => head.slots[at(table.columns.slot, number) - 1] ?? []),
  );
  const used = slots.filter(({ state }) => state !== 'drained').map(({ slot }) => slot);
  const guilty = used.filter((slot) => where.has(slot));
  // Disabling the only worker would end the search.
  if (guilty.length > 0 && guilty.length <= MOST_SLOTS && guilty.length < used.length)
    found.push({ act: 'leave-out', slots: guilty });
  if (head.searched !== null && head.confirms === null) {
    const lower =
      commonOutcome(table) === 'outOfMemory'
        ? leastThatFailed(head.searched, table, failed)
        : new Map<string, number>();
    found.push({ act: 'set-up-again', lower });
  }
  return found;
}

function failedTrials(table: TrialTable): readonly number[] {
  const found: number[] = [];
  for (let number = 0; number < Math.min(table.size, MOST_TRIALS); number++)
    if (table.state(number) === 'failed') found.push(number);
  return found;
}

/**
 * The least failed value of each integer parameter except the epochs: the memory that a trial needs
 * depends on sizes.
 */
function leastThatFailed(
  { searchSpace, objective }: NonNullable<StudyHead['searched']>,
  table: TrialTable,
  failed: readonly number[],
): Map<string, number> {
  const epochs = epochsParameter(objective);
  const least = new Map<string, number>();
  for (const { name, index, distribution } of axesOf(searchSpace)) {
    if (
      distribution.type !== 'int' ||
      (distribution.step ?? 1) !== 1 ||
      distribution.low < 1 ||
      name === epochs
    )
      continue;
    const tried = failed
      .map((number) => table.param(number, index))
      .filter((value) => !Number.isNaN(value));
    if (tried.length > 0 && distribution.high > 1)
      least.set(
        name,
        tried.reduce((a, b) => Math.min(a, b), distribution.high),
      );
  }
  return least;
}

function epochsParameter(objective: Readonly<Record<string, unknown>>): unknown {
  const { settings } = objective;
  const epochs =
    typeof settings === 'object' && settings !== null && 'epochs' in settings
      ? settings.epochs
      : null;
  return typeof epochs === 'object' && epochs !== null && '$param' in epochs ? epochs.$param : null;
}

/**
 * The study under another name with ranges of sizes below those that failed; both ends are lowered
 * by the same factor.
 */
export function lowered(
  study: StudyFile,
  name: string,
  lower: ReadonlyMap<string, number>,
): StudyFile {
  const space: SearchSpace = study.searchSpace;
  const entries = Object.entries(space).map(([each, distribution]) => {
    const least = lower.get(each);
    if (least === undefined || distribution.type !== 'int') return [each, distribution] as const;
    const high = Math.max(1, least - 1);
    return [
      each,
      {
        ...distribution,
        low: Math.max(1, Math.min(high, Math.floor((distribution.low * high) / distribution.high))),
        high,
      },
    ];
  });
  return { ...study, name, searchSpace: Object.fromEntries(entries) as StudyFile['searchSpace'] };
}
