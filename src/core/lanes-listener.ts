/** Events of a cohort's running lanes, as training, objectives and the worker pass them on. */

/** Progress of a cohort, in training steps. */
export interface Progress {
  readonly step: number;
  readonly steps: number;
}

/** Receives events of running lanes; `lane` is an index into them. */
export interface LanesListener<Report, End, Made extends Progress = Progress> {
  progress(progress: Made): void;
  report(lane: number, report: Report): void;
  /** Called as soon as a lane ends, if it ends before the others. */
  ended(lane: number, end: End): void;
}
