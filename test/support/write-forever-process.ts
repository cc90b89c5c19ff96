/**
 * Writes a file atomically and repeatedly, each time with other content, until it is killed.
 * Argument: `FILE`.
 */
import { writeAtomically } from '../../src/runtime/write-atomically.ts';

const [file = ''] = process.argv.slice(2);
for (let i = 0; ; i++) {
  writeAtomically(file, JSON.stringify({ i, filling: String(i % 10).repeat(200_000) }));
  if (i === 0) process.stdout.write('writing\n');
}
