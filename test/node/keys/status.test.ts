/** Tests the status of nodes that a host writes for commands beside it. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { LanFolder } from '../../../src/node/keys/lan-folder.ts';
import { readStatus, StatusFile } from '../../../src/node/keys/status.ts';
import type { NodeStatus, ReadNodeStatus } from '../../../src/node/keys/status.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';
import type { TemporaryFolder } from '../../support/temporary-folder.ts';

const node: NodeStatus = {
  node: 'n',
  presence: 'present',
  since: 0,
  mode: 'open',
  by: null,
  left: null,
  release: '0.1',
  system: null,
  slots: ['n/cpu/0'],
  busy: 1,
  running: 1,
  waiting: 0,
  held: null,
  hoursFrom: null,
  limits: null,
  rttMs: 1,
  offsetMs: 3,
  datasets: [],
  refusals: [],
  packages: [],
};

let home: TemporaryFolder;
let folder: LanFolder;
let now: NodeStatus;
let file: StatusFile;

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'setInterval', 'clearTimeout', 'clearInterval'] });
  home = temporaryFolder();
  folder = new LanFolder(home.path);
  now = node;
  file = new StatusFile(folder, () => [now]);
});

afterEach(() => {
  file.close();
  vi.useRealTimers();
  home.remove();
});

/** Returns the written node after these changes and this time. */
function after(ms: number, change: Partial<NodeStatus>, tell = false): ReadNodeStatus | undefined {
  now = { ...now, ...change };
  if (tell) file.changed();
  vi.advanceTimersByTime(ms);
  return readStatus(folder)?.[0];
}

describe('Status of nodes', () => {
  it('is written two seconds after a change that was told', () => {
    expect(after(1_999, { running: 2 }, true)).toEqual(node);
    expect(after(1, {})).toEqual({ ...node, running: 2 });
  });

  it('shows that the clock of a node was set, although nothing else changes', () => {
    expect(after(5_000, { offsetMs: 3_600_003 })?.offsetMs).toBe(3_600_003);
    expect(after(5_000, { offsetMs: null })?.offsetMs).toBeNull();
  });

  it('shows a round-trip time that became known or much longer', () => {
    expect(after(5_000, { rttMs: 150 })?.rttMs).toBe(150);
    expect(after(5_000, { rttMs: null })?.rttMs).toBeNull();
    expect(after(5_000, { rttMs: 2 })?.rttMs).toBe(2);
  });

  describe('of another release', () => {
    const write = (nodes: readonly unknown[], more: object = {}) => {
      const content = { pid: process.pid, nodes, ...more };
      writeFileSync(join(folder.path, 'status.json'), JSON.stringify(content), { mode: 0o600 });
      return readStatus(folder);
    };

    it('is read without the fields that this release does not know, at any depth', () => {
      const dataset = {
        ...{ name: 'd', bytes: 1, of: 2, state: 'fetching', from: ['h'], error: null },
      };
      const limits = { devices: null, hours: null, whenIdle: true, paused: false, draining: null };
      const later = {
        ...node,
        battery: { level: 50 },
        limits: { ...limits, watts: 200 },
        datasets: [{ ...dataset, codec: 'zstd' }],
        refusals: [{ reason: 'unheardOf', data: { a: 1 }, since: 3 }],
      };
      expect(write([later], { format: 2, lab: { uid: 'x' } })).toEqual([
        {
          ...node,
          limits,
          datasets: [dataset],
          refusals: [{ reason: 'unheardOf', data: { a: 1 } }],
        },
      ]);
    });

    it('has as not known what it lacks, and values that this release does not know', () => {
      const known = { name: 'd', bytes: 1, of: 2, state: 'had', from: [], error: null };
      const later = {
        ...{ ...node, presence: 'hibernating', mode: 'throttled', busy: 'two', slots: undefined },
        limits: { devices: 'all' },
        datasets: [known, { ...known, state: 'streamed' }],
      };
      expect(write([later, { presence: 'present' }])).toEqual([
        {
          ...{ ...node, presence: null, mode: null, busy: null, slots: [], limits: null },
          datasets: [known],
        },
      ]);
      const earlier = write([{ node: 'n' }])?.[0];
      expect(earlier).toMatchObject({ node: 'n', presence: null, rttMs: null, packages: [] });
    });

    it('is refused, with the field, without what every release writes', () => {
      expect(() => write([], { pid: 'x' })).toThrow(/status\.json: pid: expected/);
      expect(() => write(['n'])).toThrow(/status\.json: nodes\[0\]: expected/);
    });
  });

  it('is not written for the small changes that each pulse brings', () => {
    expect(after(60_000, { rttMs: 8, offsetMs: -20 }, true)).toEqual(node);
  });
});
