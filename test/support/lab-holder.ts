/** A process of its own that holds a lab and does what it is told: `lab-holder-process.ts`. */
import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';

const SCRIPT = new URL('./lab-holder-process.ts', import.meta.url).pathname;

export interface LabHolder {
  readonly process: ChildProcess;
  /** What it said first. */
  readonly answer: string;
  /** @returns its answer to a line */
  tell(line: string): Promise<string>;
  /** Resolves once it has ended. */
  kill(): Promise<void>;
}

export async function holdLab(file: string): Promise<LabHolder> {
  const child = spawn(process.execPath, ['--import', 'tsx', SCRIPT, file], {
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
