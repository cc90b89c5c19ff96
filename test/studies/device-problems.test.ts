import { describe, expect, it } from 'vitest';
import { deviceProblems } from '../../src/studies/device-problems.ts';

const KNOWN = ['cpu', 'gpu/0'];

describe('Devices of a study', () => {
  it('may be all of those that have workers, in any of their forms', () => {
    expect(deviceProblems(['cpu', 'gpu/0', 'gpu0', 'gpu'], KNOWN)).toEqual([]);
    expect(deviceProblems(undefined, KNOWN)).toEqual([]);
  });

  it('that have no worker are named with the nearest one', () => {
    expect(deviceProblems(['cpu', 'gpu/1'], KNOWN)).toEqual([
      {
        code: 'unknown-device',
        path: 'devices[1]',
        expected: 'a device of this machine that has a worker: cpu, gpu/0',
        found: '"gpu/1"',
        hint: 'did you mean gpu/0?',
      },
    ]);
    expect(deviceProblems(['gpu'], ['cpu'])).toMatchObject([{ path: 'devices[0]' }]);
  });

  it('are not checked before the workers are known, and malformed ones are left to the schema', () => {
    expect(deviceProblems(['gpu/7'], [])).toEqual([]);
    expect(deviceProblems(['card', 7], KNOWN)).toEqual([]);
    expect(deviceProblems('gpu/7', KNOWN)).toEqual([]);
  });
});
