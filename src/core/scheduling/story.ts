/**
 * Why a trial is where it is: what happened to it, each with its cause. Kept with open trials; a
 * trial's end takes its lines to the file.
 */
import type { LabState, OpenTrial } from './state.ts';

/** The name of the event under way, `epoch.seq`. */
export function causeOf(lab: LabState): string {
  return `${lab.epoch}.${lab.seq}`;
}

/** Notes what the event under way does to a trial. */
export function tell(lab: LabState, trial: OpenTrial, what: string): void {
  trial.story.add({
    cause: causeOf(lab),
    at: lab.now,
    event: lab.event,
    because: lab.because,
    what,
  });
}

/**
 * What happened to an open trial, oldest first; empty for one that has ended (its story is in the
 * file) or is unknown.
 */
export function story(lab: LabState, study: string, number: number): readonly string[] {
  return lab.studies.get(study)?.open.get(number)?.story.lines() ?? [];
}
