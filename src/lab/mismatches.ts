/** Describes values of a node that other nodes contradicted, as text for people. */
import type { LabChange } from '../core/scheduling/index.ts';

/** Number of trials that are named. */
const MOST_NAMED = 3;

/** @param nameOf name of a study by its uid */
export function mismatchesText(
  { node, mismatches }: Pick<Extract<LabChange, { kind: 'nodeMismatch' }>, 'node' | 'mismatches'>,
  nameOf: (study: string) => string,
): string {
  const named = mismatches.slice(-MOST_NAMED).map(({ uid, number, metric, value, found, from }) => {
    const [own, other] = from === node ? [value, found] : [found, value];
    const what = metric === 'value' ? '' : ` (${metric})`;
    return `trial ${number} of ${nameOf(uid)}${what}: ${figure(own)}, elsewhere ${figure(other)}`;
  });
  const values =
    mismatches.length === 1
      ? '1 of its values differs'
      : `${mismatches.length} of its values differ`;
  return `${values} from what other machines found (${named.join('; ')})`;
}

function figure(value: number): string {
  return Number.isFinite(value) ? String(Number(value.toPrecision(6))) : 'diverged';
}
