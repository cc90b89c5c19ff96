/** Entry of the `galapagos` command: wires the process's streams to the program. */
import { runCli } from './program.ts';

process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  // The reader has seen enough (`| head`): nothing more to say, nothing wrong.
  process.exit(error.code === 'EPIPE' ? 0 : 1);
});

const { stdin, stdout, stderr, env } = process;

const probed = env['GALAPAGOS_LOOP_PROBE'] ?? '';
if (probed !== '') (await import('../node/loop-probe.ts')).probeLoop(probed);

process.exitCode = await runCli(
  process.argv.slice(2),
  { stdin, stdout, stderr, env, cwd: process.cwd() },
  { runStudy: async (run, display) => (await import('./run-study.ts')).runStudy(run, display) },
);
