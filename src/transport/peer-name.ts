/** The name of a worker process in routing ids and first frames: `<slot>#<incarnation>`. */
import type { Peer } from './transport.ts';

export function peerName({ slot, incarnation }: Peer): string {
  return `${slot}#${incarnation}`;
}

/** Returns the worker of a name; null: the text is no such name. */
export function peerNamed(name: string): Peer | null {
  const at = name.lastIndexOf('#');
  return at <= 0 ? null : { slot: name.slice(0, at), incarnation: name.slice(at + 1) };
}
