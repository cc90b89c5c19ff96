import { spawn } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import { compiledScript } from '../support/compiled-script.ts';

const script = compiledScript('blocked-process.ts');

interface Ended {
  readonly code: number | null;
  readonly signal: string | null;
  readonly said: string;
}

function run(mode: 'turn' | 'block'): Promise<Ended> {
  const child = spawn(process.execPath, [script, mode], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let said = '';
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (chunk: Buffer) => (said += chunk.toString()));
  return new Promise((resolve) =>
    child.once('close', (code, signal) => resolve({ code, signal, said })),
  );
}

describe('Watchdog', () => {
  it('kills a process whose event loop stands still beyond the limit, and says so', async () => {
    expect(await run('block')).toEqual({
      code: null,
      signal: 'SIGKILL',
      said: 'blocked: its event loop stood still for 2 s; ended by its watchdog\n',
    });
  });

  it('leaves a process alone whose event loop turns, and does not keep it alive', async () => {
    expect(await run('turn')).toEqual({ code: 0, signal: null, said: 'turned\n' });
  });
});
