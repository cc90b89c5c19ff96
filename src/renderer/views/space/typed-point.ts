/** Reads a point as a person types it: one text for each parameter, empty where it is drawn. */
import type {
  Distribution,
  Params,
  ParamValue,
  SearchSpace,
} from '../../../core/search-space/distribution.ts';
import { trainsInParts } from '../../../core/samplers/in-parts.ts';
import { limitedSpace } from '../../../core/search-space/reduced-space.ts';
import type { StudyHead } from '../../../protocol/window/study-stream.ts';

export interface TypedPoint {
  /** The parameters that are given. */
  readonly params: Params;
  /** Names of parameters whose text is no value of theirs. */
  readonly wrong: ReadonlySet<string>;
}

/**
 * Returns the space in which points can be tried, as the search is now; null: the study chooses
 * each of its trials itself.
 */
export function triedSpace({
  confirms,
  searched,
}: Pick<StudyHead, 'confirms' | 'searched'>): SearchSpace | null {
  if (confirms !== null || searched === null || trainsInParts(searched.sampler)) return null;
  return limitedSpace(searched.searchSpace, searched.only);
}

export function parsedPoint(
  space: SearchSpace,
  typed: Readonly<Record<string, string>>,
): TypedPoint {
  const params: Record<string, ParamValue> = {};
  const wrong = new Set<string>();
  for (const [name, distribution] of Object.entries(space)) {
    const text = typed[name]?.trim() ?? '';
    if (text === '') continue;
    const value = valueOf(distribution, text);
    if (value === undefined) wrong.add(name);
    else params[name] = value;
  }
  return { params, wrong };
}

/** Undefined if the text is no value of the parameter. Steps are checked by the host. */
function valueOf(distribution: Distribution, text: string): ParamValue | undefined {
  if (distribution.type === 'categorical')
    return distribution.choices.find((choice) => String(choice) === text);
  const value = Number(text.replace(',', '.'));
  const { type, low, high } = distribution;
  if (!(value >= low && value <= high) || (type === 'int' && !Number.isInteger(value)))
    return undefined;
  return value;
}

/** `0.1 to 1`, or the choices. */
export function expectedText(distribution: Distribution): string {
  return distribution.type === 'categorical'
    ? distribution.choices.map(String).join(', ')
    : distribution.low === distribution.high
      ? String(distribution.low)
      : `${distribution.low} to ${distribution.high}`;
}
