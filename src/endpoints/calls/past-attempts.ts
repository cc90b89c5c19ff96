/**
 * Answers the query `attempts`: attempts from the lab file that are older than those in the lab's
 * stream.
 */
import type { HandlersOf } from '../../protocol/endpoint.ts';
import type { Queries } from '../../protocol/endpoints.ts';
import type { CurrentLab } from '../current-lab.ts';
import { attemptRow } from '../projections/lab-view.ts';

export function pastAttempts(current: CurrentLab): Pick<HandlersOf<Queries>, 'attempts'> {
  return {
    async attempts({ study, before, most }) {
      const which = { study, before: before ?? Number.MAX_SAFE_INTEGER, since: 0, most };
      return (await current.reading.attempts(which)).map(attemptRow);
    },
  };
}
