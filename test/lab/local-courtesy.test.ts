import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { LocalCourtesy } from '../../src/lab/local-courtesy.ts';
import { writeCourtesy } from '../../src/node/courtesy/settings.ts';
import { LanFolder } from '../../src/node/keys/lan-folder.ts';
import { NO_LIMITS } from '../../src/protocol/node-messages.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import type { TemporaryFolder } from '../support/temporary-folder.ts';

const SLOTS = ['local/cpu/0', 'local/cpu/1'];

let folder: TemporaryFolder;
let courtesy: LocalCourtesy;
let events: { readonly type: string }[];
/** Resolves with the next event. */
let arrived: () => void;

const next = (): Promise<void> => new Promise((resolve) => (arrived = resolve));

const create = (): LocalCourtesy =>
  new LocalCourtesy({
    userFolder: folder.path,
    coordinator: () => ({
      node: (event) => {
        events.push(event);
        arrived();
      },
    }),
    transport: { sendControl: () => undefined },
  });

beforeEach(() => {
  folder = temporaryFolder();
  events = [];
  arrived = () => undefined;
  courtesy = create();
});
afterEach(() => {
  courtesy.close();
  folder.remove();
});

const start = (): void => courtesy.start(SLOTS, [], { running: [], kill: () => undefined });

describe('Courtesy of the host: its own workers', () => {
  it('pauses them and keeps the setting, which holds from the next start on', async () => {
    start();
    const paused = next();
    await courtesy.limit({ ...NO_LIMITS, paused: true });
    await paused;
    expect(events).toMatchObject([
      { type: 'nodeMode', node: 'local', mode: 'paused', graceMs: 0, by: 'owner' },
    ]);
    courtesy.close();
    events = [];
    courtesy = create();
    const again = next();
    start();
    await again;
    expect(events).toMatchObject([{ type: 'nodeMode', node: 'local', mode: 'paused' }]);
    expect(courtesy.limits).toEqual({ ...NO_LIMITS, paused: true });
  });

  it('drains the slots of excluded devices', async () => {
    start();
    const drained = next();
    await courtesy.limit({ ...NO_LIMITS, devices: ['gpu/0'] });
    await drained;
    expect(events).toMatchObject(SLOTS.map((slot) => ({ type: 'slotDrained', slot })));
  });

  it('sends the scheduler nothing, and creates no file, while no limits were set', async () => {
    start();
    for (let turns = 0; turns < 20; turns++) await new Promise((resolve) => setImmediate(resolve));
    expect(events).toEqual([]);
    expect(courtesy.limits).toEqual(NO_LIMITS);
    expect(courtesy.state).toMatchObject({ slots: [], held: null });
  });

  it('refuses to start with damaged limits, and names file and field', () => {
    writeCourtesy(new LanFolder(folder.path), {
      ...NO_LIMITS,
      hours: { from: 99, to: 3 },
    });
    expect(start).toThrow(/courtesy\.json.*hours\.from/s);
  });
});
