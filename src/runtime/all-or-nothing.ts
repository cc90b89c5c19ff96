/**
 * Runs a start of several steps. When a step fails, undoes the earlier ones, the last first, and
 * waits for each.
 * @param work calls `onFailure` after each step with what undoes that step
 * @throws what `work` threw; errors of undoing are dropped, since the first error is the cause
 */
export async function allOrNothing<T>(
  work: (onFailure: (undo: () => unknown) => void) => Promise<T>,
): Promise<T> {
  const steps: (() => unknown)[] = [];
  try {
    return await work((undo) => steps.push(undo));
  } catch (error) {
    for (const undo of steps.reverse()) {
      try {
        await undo();
      } catch {
        // The other steps are undone all the same.
      }
    }
    throw error;
  }
}
