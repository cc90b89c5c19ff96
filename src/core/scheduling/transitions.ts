/**
 * Type of the transition tables, and the error for a transition that a table does not list. A table
 * maps from → to to the occasion; the effects of a transition are in the file of its subject.
 */
import { GalapagosError } from '../errors.ts';

export type TransitionTable<From extends string, To extends string> = Readonly<
  Record<From, Readonly<Partial<Record<To, string>>>>
>;

export class InvalidTransition extends GalapagosError {
  constructor(what: string, id: string, from: string, to: string, story: readonly string[]) {
    const history = story.length === 0 ? '' : `\n  ${story.join('\n  ')}`;
    super('invalid-transition', `${what} ${id} cannot go from ${from} to ${to}${history}`, {
      what,
      id,
      from,
      to,
      story,
    });
  }
}

/** @throws InvalidTransition where the table does not list the pair */
export function checkTransition<From extends string, To extends string>(
  table: TransitionTable<From, To>,
  what: string,
  id: () => string,
  from: From,
  to: To,
  story: () => readonly string[],
): void {
  if (table[from][to] === undefined) throw new InvalidTransition(what, id(), from, to, story());
}
