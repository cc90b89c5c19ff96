/**
 * Pauses running studies when the application quits, with a reason of their own, so that the next
 * start can ask whether to resume them. Studies that a killed application left running are paused
 * when the lab is opened again.
 */
import type { OpenLab } from './open-lab.ts';

const LEFT = 'the application was left';
/** Milliseconds that running trials have to finish. */
const GRACE_MS = 1_500;

/**
 * Pauses studies that would run. @returns all studies for which the user is asked whether to resume
 */
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

/** Pauses running studies. Resolves when no attempt is left or the grace period is over. */
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
    // Recalled attempts are settled at once; nothing else is waited for.
    const late = setTimeout(done, GRACE_MS + 250);
    const stop = lab.listen({ turned: () => isQuiet() && done(), failed: done });
    function done(): void {
      clearTimeout(late);
      stop();
      resolve();
    }
  });
}
