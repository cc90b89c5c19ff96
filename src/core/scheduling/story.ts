/**
 * The story of a trial: its events, each with its cause. Kept in memory for open trials and written
 * to the file when a trial ends.
 */
import type { LabState, OpenTrial } from './state.ts';

/** Name of the current event, `epoch.seq`. */
export function causeOf(lab: LabState): string {
  return `${lab.epoch}.${lab.seq}`;
}

/** Adds an effect of the current event to a trial's story. */
export function record(lab: LabState, trial: OpenTrial, what: string): void {
  trial.story.add({
    cause: causeOf(lab),
    at: lab.now,
    event: lab.event,
    because: lab.because,
    what,
  });
}

/**
 * Returns the story of an open trial, oldest first; empty if the trial has ended (its story is in
 * the file) or is unknown.
 */
export function story(lab: LabState, study: string, number: number): readonly string[] {
  return lab.studies.get(study)?.open.get(number)?.story.lines() ?? [];
}
