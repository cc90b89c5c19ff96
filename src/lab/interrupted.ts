/**
 * Studies that run when the application is left: they are paused for a reason of their own, so that
 * the next one can ask whether they go on. One that was killed left them running; they are paused
 * when the lab is opened again.
 */
import type { OpenLab } from './open-lab.ts';

const LEFT = 'the application was left';
/** Running trials' time to finish. */
const GRACE_MS = 1_500;

/** Pauses what would run. @returns all that ask whether to go on */
export function interruptedStudies(lab: OpenLab): Set<string> {
  const interrupted = new Set<string>();
  for (const { uid, state, reason } of lab.coordinator.lab.studies.values()) {
    if (state === 'running')
      lab.coordinator.command({ type: 'studyPaused', study: uid, graceMs: 0, reason: LEFT });
    if (state === 'running' || ((state === 'paused' || state === 'pausing') && reason === LEFT))
      interrupted.add(uid);
  }
  lab.coordinator.settle();
  return interrupted;
}

/** Pauses what runs; resolves when no attempt is left, or the grace is over. */
export async function leaveStudies(lab: OpenLab): Promise<void> {
  if (lab.failure !== null) return;
  const { coordinator } = lab;
  for (const { uid, state } of coordinator.lab.studies.values()) {
    if (state === 'running')
      coordinator.command({ type: 'studyPaused', study: uid, graceMs: GRACE_MS, reason: LEFT });
  }
  coordinator.settle();
  const isQuiet = (): boolean => [...coordinator.lab.active].every(({ live }) => live === 0);
  if (isQuiet()) return;
  await new Promise<void>((resolve) => {
    // What was recalled is settled at once; beyond that nothing is waited for.
    const late = setTimeout(done, GRACE_MS + 250);
    const stop = lab.listen({ turned: () => isQuiet() && done(), failed: done });
    function done(): void {
      clearTimeout(late);
      stop();
      resolve();
    }
  });
}
