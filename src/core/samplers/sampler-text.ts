/** A study's sampler in a sentence: for `auto` the algorithm that it chose and the reason. */
import { reasonOf, algorithmOf } from './auto.ts';
import { algorithmTitle } from './create-sampler.ts';
import type { SamplerSpec } from './sampler.ts';

/** Returns for instance `guided evolution: 5 parameters, 64 trials, 4 workers`. */
export function samplerText(spec: SamplerSpec): string {
  const title = sentenceCase(algorithmTitle(algorithmOf(spec)));
  const reason = reasonOf(spec);
  return reason === null ? title : `${title}: ${reason}`;
}

/** Lower case, except for abbreviations such as NSGA-II. */
function sentenceCase(title: string): string {
  return /^[A-Z][a-z]/.test(title) ? title.charAt(0).toLowerCase() + title.slice(1) : title;
}
