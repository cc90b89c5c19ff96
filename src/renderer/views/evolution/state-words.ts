/** Words above the chart of Evolution: why it is empty, or that the study has ended. */
import { stoppedEarly } from '../../../core/study/stopped.ts';
import type { TrialOutcome } from '../../../core/scheduling/words.ts';
import type { StudyHead } from '../../../protocol/window/study-stream.ts';
import { duration, roughly, valueWithSplit } from '../../format.ts';
import { endedOf } from '../../state/counts.ts';
import type { TrialTable } from '../../state/trial-table.ts';
import { text } from '../../text.ts';
import { chartText } from '../../text-of-charts.ts';

const words = chartText.evolution;

export type Situation =
  | 'loading'
  | 'paused'
  | 'all-failed'
  | 'stopped'
  | 'finished'
  | 'goes-on'
  | 'unborn'
  | 'nothing-ended';

/** @param loaded trials loaded so far; null when all are */
export function situationOf(head: StudyHead, table: TrialTable, loaded: number | null): Situation {
  const { counts } = head;
  const ended = endedOf(counts);
  if (loaded !== null) return 'loading';
  if (head.state === 'paused') return 'paused';
  if (ended > 1 && counts.failed === ended) return 'all-failed';
  if (stoppedEarly(head) !== null) return 'stopped';
  if (head.state === 'finished') return 'finished';
  if (ended > 0) return 'goes-on';
  return table.size === 0 ? 'unborn' : 'nothing-ended';
}

/**
 * @param loaded as in `situationOf`
 * @returns null when the chart needs no explanation
 */
export function stateWords(
  head: StudyHead,
  table: TrialTable,
  loaded: number | null,
  now: number,
): string | null {
  switch (situationOf(head, table, loaded)) {
    case 'loading':
      return words.loading({ loaded: loaded ?? 0, of: head.trials });
    case 'paused':
      return words.paused({
        ago: head.since === null ? null : roughly(now - head.since),
        settled: settledWords(head),
      });
    case 'all-failed': {
      const outcome = commonOutcome(table);
      return words.allFailed({
        trials: endedOf(head.counts),
        outcome: outcome === null ? null : words.outcomes[outcome],
      });
    }
    case 'stopped': {
      const { ended, of } = stoppedEarly(head) ?? { ended: endedOf(head.counts), of: null };
      const best = head.best === null ? null : valueWithSplit(head.best.value, head);
      return words.stopped({ ended, of, best, settled: settledWords(head) });
    }
    case 'finished':
      return words.finished({
        trials: endedOf(head.counts),
        best:
          head.objectives !== undefined
            ? undefined
            : head.best === null
              ? null
              : valueWithSplit(head.best.value, head),
      });
    case 'goes-on':
      return null;
    case 'unborn':
      return words.unborn;
    case 'nothing-ended':
      return words.empty({ running: head.counts.running, epoch: firstTakes(head, table) });
  }
}

function settledWords({ settled }: StudyHead): string {
  return settled === null ? '' : text.frame.settled(settled);
}

/** Estimated duration of a trial from the reports so far. */
function firstTakes(head: StudyHead, table: TrialTable): string | null {
  if (head.epochs === null || head.activeMs === null) return null;
  for (const number of table.running) {
    const curve = table.curve(number);
    const steps = curve === null ? 0 : (curve.steps[curve.length - 1] ?? 0) + 1;
    if (steps > 0) return duration((head.activeMs / steps) * head.epochs);
  }
  return null;
}

/** The outcome that all failed trials share; null when they differ. */
export function commonOutcome(table: TrialTable): TrialOutcome | null {
  const outcomes = new Set<TrialOutcome>();
  for (let number = 0; number < Math.min(table.size, 5000); number++) {
    const outcome = table.outcome(number);
    if (outcome !== null) outcomes.add(outcome);
  }
  const [only = null] = outcomes;
  return outcomes.size === 1 ? only : null;
}
