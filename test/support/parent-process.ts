/**
 * A process that supervises one worker and prints the worker's process id, for a test that kills
 * it. Settings: argv[2], JSON.
 */
import { WorkerProcesses } from '../../src/node/workers/worker-processes.ts';
import type { WorkerProcessesOptions } from '../../src/node/workers/worker-processes.ts';

const options = JSON.parse(process.argv[2] ?? '') as Omit<WorkerProcessesOptions, 'onExit'>;
const workers = new WorkerProcesses({
  ...options,
  onExit: (exit) => process.stderr.write(`${JSON.stringify(exit)}\n`),
});
workers.spawn('local/cpu/0', '1.1', 0);
const timer = setInterval(() => {
  const [worker] = workers.running;
  if (worker === undefined) return;
  clearInterval(timer);
  process.stdout.write(`${worker.pid}\n`);
}, 5);
