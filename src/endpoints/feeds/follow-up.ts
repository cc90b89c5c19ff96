/** Notifies when a study of the open lab has ended, or a lab was opened. */
import type { CurrentLab } from '../current-lab.ts';

/**
 * @param look is called in a turn of its own, after the end is durable. @returns a function that
 *   unsubscribes
 */
export function followUp(current: CurrentLab, look: () => void): () => void {
  let turn: NodeJS.Immediate | null = null;
  let stop: () => void = () => undefined;
  const soon = (): void => {
    turn ??= setImmediate(() => {
      turn = null;
      look();
    });
  };
  const attach = (): void => {
    stop();
    stop = current.lab.listen({
      show: (_, change) => {
        if (change.kind === 'study' && change.state === 'finished') soon();
      },
    });
    soon();
  };
  const unlisten = current.switched.listen(attach);
  attach();
  return () => {
    unlisten();
    stop();
    if (turn !== null) clearImmediate(turn);
  };
}
