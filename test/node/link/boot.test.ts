import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { nextBoot } from '../../../src/node/link/boot.ts';

describe('Starts of the node process', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'galapagos-'));
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  it('are numbered 1, 2 … across processes, in a folder that need not exist', () => {
    const lan = join(folder, 'lan');
    expect([nextBoot(lan), nextBoot(lan), nextBoot(lan)]).toEqual([1, 2, 3]);
    expect(readFileSync(join(lan, 'boot'), 'utf8')).toBe('3\n');
  });

  it.each(['', 'five\n', '12', '-3\n', '3\n4\n'])(
    'get a number above all earlier ones when the file is damaged: %j',
    (text) => {
      writeFileSync(join(folder, 'boot'), text);
      const boot = nextBoot(folder, () => 1_800_000_000_000);
      expect(boot).toBe(text === '12' ? 13 : 1_800_000_001);
      expect(nextBoot(folder)).toBe(boot + 1);
    },
  );
});
