/** Answers `askSampler`: runs the pure sampler on the history it may see, and turns what comes of it into an event. */
import { samplerOf, viewFor } from '../core/scheduling/index.ts';
import type { Event, Instruction, LabState } from '../core/scheduling/index.ts';

export function answerAsk(lab: LabState, ask: Extract<Instruction, { do: 'askSampler' }>, at: number): Event {
  const { study, first, count, basis } = ask;
  try {
    const trials = samplerOf(lab, study).propose(first, count, viewFor(lab, study, first, basis));
    return trials.length === 0 ? { type: 'exhausted', at, study, first, basis } : { type: 'proposed', at, study, first, basis, trials };
  } catch (error) {
    return { type: 'samplerFailed', at, study, first, error: error instanceof Error ? error.message : String(error) };
  }
}
