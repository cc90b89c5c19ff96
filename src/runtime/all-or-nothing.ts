/**
 * Runs a start-up of several steps. When a step fails, undoes the completed ones in reverse order
 * and waits for each.
 * @param work calls `onFailure` after each step with the function that undoes that step
 * @throws the error that `work` threw; errors while undoing are dropped, since the first error is
 *   the cause
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
        // A failed undo does not prevent the others.
      }
    }
    throw error;
  }
}
