/**
 * Tells when something may follow from the studies of the lab that is open: one has ended, or the
 * lab has just been opened.
 */
import type { CurrentLab } from '../current-lab.ts';

/**
 * @param look is called in a turn of its own, after what ended is durable. @returns how to end it
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
