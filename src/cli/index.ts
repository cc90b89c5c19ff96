/** Entry of the `galapagos` command: connects the process's streams to the program. */
import { lostOutputCode, watchOutput } from './process/lost-output.ts';
import { runCli } from './program.ts';

const { stdin, stdout, stderr, env } = process;
watchOutput(stdout, stderr);
// A closed standard error must not end the process.
stderr.on('error', () => undefined);

const probed = env['GALAPAGOS_LOOP_PROBE'] ?? '';
if (probed !== '') (await import('../runtime/loop-probe.ts')).probeLoop(probed);

const code = await runCli(
  process.argv.slice(2),
  { stdin, stdout, stderr, env, cwd: process.cwd() },
  { runStudy: async (run, display) => (await import('./run/run-study.ts')).runStudy(run, display) },
);
process.exitCode = lostOutputCode() ?? code;
