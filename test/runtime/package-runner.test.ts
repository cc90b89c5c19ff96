import { describe, expect, it } from 'vitest';
import { packageRunner } from '../../src/runtime/package-runner.ts';
import type { ProcessEntry } from '../../src/runtime/package-runner.ts';

const env = { npm_lifecycle_event: 'serve' };

/** Ancestors, the nearest first, with process ids from 100 on. */
function runnerAmong(...commands: readonly (readonly string[])[]): number | null {
  const table = new Map(
    commands.map((command, i): [number, ProcessEntry] => [100 + i, { parent: 101 + i, command }]),
  );
  return packageRunner(env, (pid) => table.get(pid) ?? null, 100);
}

const bash = ['-bash'];
const sh = ['sh', '-c', 'galapagos serve'];

describe('Package runner', () => {
  it.each([
    ['npm run', ['npm run serve']],
    ['npx', ['npm exec galapagos serve']],
    [
      'npm whose title is its command line',
      ['/usr/bin/node', '/usr/lib/node_modules/npm/bin/npm-cli.js', 'run', 'serve'],
    ],
    ['pnpm', ['node', '/opt/pnpm/bin/pnpm.cjs', 'serve']],
    ['yarn', ['node', '/opt/yarn/bin/yarn.js', 'serve']],
    ['bun', ['bun', 'run', 'serve']],
  ])('finds the runner above the shell of its script: %s', (_, runner) => {
    expect(runnerAmong(sh, runner, bash)).toBe(101);
    expect(runnerAmong(runner, bash)).toBe(100);
  });

  it('ignores runners above an interactive shell, a terminal or an editor', () => {
    expect(runnerAmong(bash, ['npm exec bash'])).toBeNull();
    expect(runnerAmong(['/bin/bash', '-i'], ['npm start'])).toBeNull();
    expect(runnerAmong(sh, ['/usr/share/code/code'], ['npm start'])).toBeNull();
    expect(runnerAmong(['tmux'], ['npm start'])).toBeNull();
  });

  it('finds none for a process that its script left in the background', () => {
    expect(packageRunner(env, () => ({ parent: 0, command: ['/sbin/init'] }), 1)).toBeNull();
    expect(runnerAmong(['/usr/lib/systemd/systemd', '--user'])).toBeNull();
  });

  it('finds none where no runner has set its variable', () => {
    expect(packageRunner({}, () => ({ parent: 1, command: ['npm run serve'] }), 100)).toBeNull();
  });
});
