/** PUSH sockets that read whatever the other side sends to the end of its connection. */
import { Push } from 'zeromq';
import type { neverStopsReading } from './sockets.ts';

/** Number of the library's option; the binding offers it only for sockets that a program reads. */
const RECEIVE_HIGH_WATER_MARK = 24;

type PushOptions = ConstructorParameters<typeof Push>[0];

/**
 * A peer of a PUSH socket should send nothing, but the library keeps what it sends, up to the
 * receive high-water mark. See `neverStopsReading` for the fault that a stop would cause.
 */
export class PushSocket extends Push {
  constructor({ receiveHighWaterMark, ...options }: PushOptions & typeof neverStopsReading) {
    super(options);
    this.setInt32Option(RECEIVE_HIGH_WATER_MARK, receiveHighWaterMark);
  }
}
