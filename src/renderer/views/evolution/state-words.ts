/** What Evolution says above its chart: why there is nothing to see yet, or that nothing more will come. */
import type { StudyHead } from '../../../protocol/window/study-stream.ts';
import { duration, roughly, value } from '../../format.ts';
import type { TrialTable } from '../../state/trial-table.ts';
import { chartText } from '../../text-of-charts.ts';

const words = chartText.evolution;

/** @param loaded trials read so far while that goes on; null: all @returns null: the chart speaks for itself */
export function stateWords(head: StudyHead, table: TrialTable, loaded: number | null, now: number): string | null {
  const { counts } = head;
  const ended = counts.complete + counts.pruned + counts.failed;
  if (loaded !== null) return words.loading({ loaded, of: head.trials });
  if (head.state === 'paused') return words.paused({ ago: head.since === null ? null : roughly(now - head.since) });
  if (ended > 1 && counts.failed === ended) return words.allFailed({ trials: ended, outcome: commonOutcome(table) });
  if (head.state === 'finished') {
    return words.finished({ trials: ended, best: head.best === null ? null : value(head.best.value, head.measure) });
  }
  if (ended > 0) return null;
  if (table.size === 0) return words.unborn;
  return words.empty({ running: counts.running, epoch: firstTakes(head, table) });
}

/** How long a trial takes, by the reports that there are. */
function firstTakes(head: StudyHead, table: TrialTable): string | null {
  if (head.epochs === null || head.activeMs === null) return null;
  for (const number of table.running) {
    const curve = table.curve(number);
    const steps = curve === null ? 0 : (curve.steps[curve.length - 1] ?? 0) + 1;
    if (steps > 0) return duration((head.activeMs / steps) * head.epochs);
  }
  return null;
}

/** How all failed trials failed; null: in different ways. */
function commonOutcome(table: TrialTable): string | null {
  const outcomes = new Set<string>();
  for (let number = 0; number < Math.min(table.size, 5000); number++) {
    const outcome = table.outcome(number);
    if (outcome !== null) outcomes.add(words.outcomes[outcome]);
  }
  const [only = null] = outcomes;
  return outcomes.size === 1 ? only : null;
}
