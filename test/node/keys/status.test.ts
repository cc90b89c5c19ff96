/** Tests the status of nodes that a host writes for commands beside it. */
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { LanFolder } from '../../../src/node/keys/lan-folder.ts';
import { readStatus, StatusFile } from '../../../src/node/keys/status.ts';
import type { NodeStatus } from '../../../src/node/keys/status.ts';
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
function after(ms: number, change: Partial<NodeStatus>, tell = false): NodeStatus | undefined {
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

  it('is not written for the small changes that each pulse brings', () => {
    expect(after(60_000, { rttMs: 8, offsetMs: -20 }, true)).toEqual(node);
  });
});
