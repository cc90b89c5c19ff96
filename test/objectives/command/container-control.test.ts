/** Commands of a container's engine, which is a script that records when each begins and ends. */
import { chmodSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import { beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { ContainerControl } from '../../../src/objectives/command/attempt/container-control.ts';
import { skipIf } from '../../support/platform.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';
import type { TemporaryFolder } from '../../support/temporary-folder.ts';

/** Fails while there is no file `container`. */
const ENGINE = `#!/bin/sh
cd "$(dirname "$0")"
echo "begin $*" >> log
[ -e container ] || { echo failed >> log; exit 1; }
[ "$1" != pause ] || sleep 0.1
echo end >> log
`;

let folder: TemporaryFolder;
let control: ContainerControl;
beforeEach((context) => {
  skipIf(process.platform === 'win32' ? 'the engine is a script' : null, context);
  folder = temporaryFolder();
  onTestFinished(() => folder.remove());
  const engine = folder.file('engine');
  writeFileSync(engine, ENGINE);
  chmodSync(engine, 0o755);
  control = new ContainerControl({ engine, name: 'it' });
});

const log = (): string[] => {
  const file = folder.file('log');
  return existsSync(file) ? readFileSync(file, 'utf8').trim().split('\n') : [];
};
const create = (): void => writeFileSync(folder.file('container'), '');

describe('ContainerControl', () => {
  it('carries out one command at a time, the last one last, and leaves out revoked ones', async () => {
    create();
    const all = [true, false, true, false].map((isHeld) => control.hold(isHeld));
    await Promise.all(all);
    expect(log()).toEqual(['begin pause it', 'end', 'begin unpause it', 'end']);
    await control.hold(false);
    expect(log()).toHaveLength(4);
  });

  it('pauses a container that is created later', async () => {
    const held = control.hold(true);
    await expect.poll(log).toContain('failed');
    create();
    await held;
    expect(log().slice(-2)).toEqual(['begin pause it', 'end']);
  });

  it('lets a paused container go on before the request to end', async () => {
    create();
    await control.hold(true);
    await control.terminate();
    expect(log().filter((line) => line.startsWith('begin'))).toEqual([
      'begin pause it',
      'begin unpause it',
      'begin kill --signal TERM it',
    ]);
  });

  it('gives up what is not carried out yet once the container is removed', async () => {
    const held = control.hold(true);
    await expect.poll(log).toContain('failed');
    create();
    await Promise.all([control.remove(), held]);
    expect(log().at(-2)).toBe('begin rm -f it');
    const before = log();
    await control.terminate();
    await control.hold(true);
    expect(log()).toEqual(before);
  });
});
