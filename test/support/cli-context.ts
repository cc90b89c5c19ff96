/** Context of one command in this process, which records what the command prints. */
import { Readable, Writable } from 'node:stream';
import type { Context } from '../../src/cli/process/context.ts';

export interface RecordedContext extends Context {
  /** Everything printed so far. */
  readonly printed: () => string;
  readonly exitCode: () => number;
}

/** @param cwd folder that relative paths start from */
export function cliContext(cwd: string, env: Readonly<Record<string, string>>): RecordedContext {
  const printed: string[] = [];
  const stdout = new Writable({
    write: (chunk: Buffer, _, done) => {
      printed.push(chunk.toString());
      done();
    },
  });
  let exit = 0;
  return {
    streams: {
      stdin: Readable.from([]),
      stdout: Object.assign(stdout, { columns: 80, rows: 24 }),
      stderr: stdout,
      env,
      cwd,
    },
    resources: '',
    userFolder: env['GALAPAGOS_HOME'] ?? cwd,
    exitWith: (code) => {
      exit = code;
    },
    printed: () => printed.join(''),
    exitCode: () => exit,
  };
}
