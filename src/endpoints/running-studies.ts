/** The running studies of the lab for a tray or a title, with notifications of changes. */
import type { Application, RunningStudy } from './application.ts';
import type { CurrentLab } from './current-lab.ts';
import { Throttle } from './feeds/changes.ts';

const EVERY_MS = 250;

export function runningStudies(current: CurrentLab): RunningStudy[] {
  return [...current.view.studies.values()]
    .filter(({ study }) => study.state === 'running')
    .map(({ study, ended }) => ({
      key: study.uid,
      name: study.spec.name,
      ended,
      trials: study.limits.trials,
    }));
}

export function onChange(
  current: CurrentLab,
  changed: () => void,
): ReturnType<Application['onChange']> {
  const throttle = new Throttle(EVERY_MS, changed);
  let unlisten = current.view.changes.listen(() => throttle.ask());
  const stop = current.switched.listen(() => {
    unlisten();
    unlisten = current.view.changes.listen(() => throttle.ask());
    throttle.ask();
  });
  return () => {
    unlisten();
    stop();
    throttle.close();
  };
}
