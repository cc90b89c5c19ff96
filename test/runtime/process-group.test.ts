/** Tests which processes receive a signal. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { expect, it } from 'vitest';

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
