/** Re-exports: the transport over ZeroMQ, which crosses processes. */
export { ZeromqCoordinator, type ZeromqCoordinatorOptions } from './zeromq-coordinator.ts';
export { ZeromqWorker, type ZeromqWorkerOptions } from './zeromq-worker.ts';
