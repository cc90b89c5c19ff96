/** A process that holds a lab and carries out commands: `lab-holder-process.ts`. */
import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { compiledScript } from './compiled-script.ts';

const script = compiledScript('lab-holder-process.ts');

export interface LabHolder {
  readonly process: ChildProcess;
  /** Its first line. */
  readonly answer: string;
  /** @returns its answer to a line */
  tell(line: string): Promise<string>;
  /** Resolves once it has ended. */
  kill(): Promise<void>;
}

export async function holdLab(file: string): Promise<LabHolder> {
  const child = spawn(process.execPath, [script, file], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const lines = createInterface({ input: child.stdout });
  const next = async (): Promise<string> => ((await once(lines, 'line')) as [string])[0];
  const answer = await next();
  return {
    process: child,
    answer,
    tell: (line) => {
      const told = next();
      child.stdin.write(`${line}\n`);
      return told;
    },
    kill: async () => {
      if (child.exitCode !== null || child.signalCode !== null) return;
      const ended = once(child, 'exit');
      child.kill('SIGKILL');
      await ended;
    },
  };
}
