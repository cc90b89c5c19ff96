/** Tests which processes receive a signal. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { describe, expect, it, vi } from 'vitest';
import { endTree, killRest } from '../../src/runtime/process-group.ts';

const module = JSON.stringify(new URL('../../src/runtime/process-group.ts', import.meta.url).href);

it("Process groups: killing a child that could not be started does not signal the caller's group", async () => {
  // In its own process group, because a signal to the group would end the test.
  const script = `
    import { spawn } from 'node:child_process';
    import { killChild } from ${module};
    const child = spawn('there-is-no-such-program', []);
    child.on('error', ({ code }) => console.log(code));
    killChild(child, 'SIGKILL');`;
  const asking = spawn(
    process.execPath,
    ['--import', 'tsx', '--input-type=module', '--eval', script],
    {
      detached: true,
      stdio: ['ignore', 'pipe', 'inherit'],
    },
  );
  let said = '';
  asking.stdout.setEncoding('utf8').on('data', (text: string) => (said += text));
  const [code, signal] = (await once(asking, 'close')) as [number | null, NodeJS.Signals | null];
  expect({ code, signal, said }).toEqual({ code: 0, signal: null, said: 'ENOENT\n' });
});

describe('Process groups: Windows', () => {
  it('ends a process and its descendants by taskkill of the system', () => {
    const end = vi.fn();
    const asked: string[] = [];
    for (const status of [0, 128])
      endTree(
        7,
        (program, args, ended) => {
          asked.push([program, ...args].join(' '));
          ended(status);
        },
        end,
      );
    const line = expect.stringMatching(
      /^[A-Z]:\\.*\\System32\\taskkill\.exe \/pid 7 \/T \/F$/i,
    ) as string;
    expect(asked).toEqual([line, line]);
    // Zero: they are ended; 128: there is no such process, and the id may be given to another.
    expect(end).not.toHaveBeenCalled();
  });

  it('ends the process itself where taskkill is missing or fails', () => {
    for (const status of [null, 1]) {
      const end = vi.fn(() => {
        throw new Error('ESRCH');
      });
      endTree(7, (_program, _args, ended) => ended(status), end);
      expect(end).toHaveBeenCalledWith(7);
    }
  });

  it('kills nothing by the id of a process that has exited', () => {
    const kill = vi.fn();
    killRest(7, 'win32', kill);
    expect(kill).not.toHaveBeenCalled();
    killRest(7, 'linux', kill);
    expect(kill).toHaveBeenCalledWith(7, 'SIGKILL');
  });
});
