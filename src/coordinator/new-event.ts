/** Events that the coordinator has not yet stamped with its clock. */
import type { Event } from '../core/scheduling/index.ts';

type Untimed<E> = E extends unknown ? Omit<E, 'at'> : never;
export type NewEvent = Untimed<Event>;
