/**
 * Starts and ends worker processes on this machine for the coordinator. Exits are reported as
 * `exited` events through `Coordinator.exited`.
 */
export interface WorkerHost {
  /**
   * Starts incarnation `spawn` of a slot's worker after a delay; the same call twice starts one
   * process.
   */
  spawn(slot: string, spawn: string, afterMs: number): void;
  /** Ends that incarnation after a delay, if it is still there. */
  kill(slot: string, spawn: string, afterMs: number): void;
}
