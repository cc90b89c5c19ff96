/** Tests the endpoints of the lab's other machines on a fake of their links. */
import { afterAll, afterEach, beforeEach, describe, expect, it } from 'vitest';
import { context } from '../support/window-client.ts';
import { FakeNodeFace, FakeSharedLab, nodeFacts } from '../support/fake-shared-lab.ts';
import { Applications } from '../support/open-application.ts';
import type { OpenApplication } from '../support/open-application.ts';
import { NO_LIMITS } from '../../src/protocol/node-messages.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const folder = temporaryFolder();
const applications = new Applications(folder);
afterEach(() => applications.close());
afterAll(() => folder.remove());

const PIXEL = 'nabcdefghij';
const limits = { devices: ['gpu/0'], hours: { from: 18, to: 9 }, whenIdle: true };
const admission = {
  conversation: 'c1',
  name: 'PIXEL',
  address: '192.168.1.7',
  digits: '257970',
  since: 1,
  agreed: false,
  ended: null,
};

let shared: FakeSharedLab;
let face: FakeNodeFace;
let opened: OpenApplication;
let labs = 0;

beforeEach(async () => {
  shared = new FakeSharedLab();
  face = new FakeNodeFace();
  opened = await applications.open(`nodes-${labs++}.db`, 0, { share: () => shared, face });
});

describe('Endpoints: machines of the lab', () => {
  it('sends the rows of this machine and of admitted ones, and changes of them', async () => {
    const { window } = opened;
    const lab = window.lab();
    await window.until(() => lab.body.nodes !== undefined);
    expect(lab.body.nodes).toMatchObject([
      { id: 'local', presence: 'present', mode: 'open', by: null },
    ]);
    shared.nodes = [nodeFacts(PIXEL, 'PIXEL', { lastSeen: 5 })];
    shared.refused = [{ address: '10.0.0.7', reason: 'unknown-key', times: 40, at: 1 }];
    shared.changed();
    await window.until(() => lab.body.nodes?.length === 2 && lab.body.refused?.length === 1);
    expect(lab.body.nodes?.[1]).toMatchObject({
      id: PIXEL,
      name: 'PIXEL',
      presence: 'absent',
      since: 5,
      slots: [],
    });
  });

  it('answers lab.nodes with the rows of the feed', async () => {
    shared.nodes = [nodeFacts(PIXEL, 'PIXEL')];
    expect(await opened.call('lab.nodes', {})).toMatchObject([{ id: 'local' }, { id: PIXEL }]);
  });

  it('shares the lab on a port, and sends where other machines find it', async () => {
    const { window, call } = opened;
    const lab = window.lab();
    await call('lab.share', { on: true, port: 4780 });
    await window.until(() => lab.body.sharing?.on === true);
    expect(lab.body.sharing).toMatchObject({ port: 4780, addresses: ['192.168.1.5'] });
    expect(shared.did).toEqual([['share', true, 4780]]);
  });

  it('passes each operation on a node on, with what was asked', async () => {
    shared.nodes = [nodeFacts(PIXEL, 'PIXEL')];
    const { call } = opened;
    await call('node.rename', { node: PIXEL, name: ' Lab 2 ' });
    await call('node.drain', { node: PIXEL });
    await call('node.drain', { node: PIXEL, now: true });
    await call('node.pause', { node: PIXEL });
    await call('node.resume', { node: PIXEL });
    await call('node.limits', { node: PIXEL, limits });
    await call('node.remove', { node: PIXEL });
    expect(shared.did).toEqual([
      ['rename', PIXEL, 'Lab 2'],
      ['drain', PIXEL, false],
      ['drain', PIXEL, true],
      ['pause', PIXEL],
      ['resume', PIXEL],
      ['limit', PIXEL, limits],
      ['remove', PIXEL],
    ]);
    await expect(call('node.pause', { node: 'nother' })).rejects.toMatchObject({
      code: 'unknown-node',
    });
  });

  it('sends who wants to join, passes the answer on, and refuses an answer to nobody', async () => {
    const { window, call } = opened;
    const bodies = window.bodies('lab.admissions');
    shared.admissions = [admission];
    shared.changed();
    await window.until(() => bodies.at(-1)?.admissions.length === 1);
    expect(bodies.at(-1)?.admissions).toEqual([admission]);
    await call('lab.admit', { conversation: 'c1', yes: true });
    expect(shared.did).toEqual([['admit', 'c1', true]]);
    await expect(call('lab.admit', { conversation: 'c2', yes: true })).rejects.toMatchObject({
      code: 'unknown-admission',
    });
  });

  it('makes an invitation for one hour unless another time is asked for', async () => {
    expect(await opened.call('lab.invite', { uses: 3 })).toMatchObject({
      invitation: 'galapagos-join:abc',
      uses: 3,
    });
    expect(shared.did).toEqual([['invite', { uses: 3, forMs: 3_600_000, ephemeral: false }]]);
  });

  it('takes the time since the last input from the desktop app where the system names none', async () => {
    const app = await applications.open('idle.db', 1, { face, idleSeconds: () => 4_200 });
    const bodies = app.window.bodies('owner.state');
    await app.window.until(() => bodies.length > 0);
    await expect
      .poll(() => app.call('owner.limits', { ...NO_LIMITS, whenIdle: true }), { timeout: 60_000 })
      .toBeDefined();
    // The first sample is taken a moment after the limits are accepted, which tells nobody.
    const source = (): unknown => {
      face.changed();
      return bodies.at(-1)?.idleSource;
    };
    await expect
      .poll(source, { timeout: 60_000 })
      .toMatch(/GNOME|KDE|the system, as Electron reports it/);
  });

  it('answers lab.nodes with the limits of this machine, and when its hours begin', async () => {
    const { call } = await applications.open('limited.db', 1);
    const from = (new Date().getHours() + 2) % 24;
    const own = { ...NO_LIMITS, devices: ['gpu/0'], hours: { from, to: (from + 1) % 24 } };
    await call('owner.limits', own);
    interface Row {
      readonly limits: unknown;
      readonly hoursFrom: number | null;
    }
    const local = async (): Promise<Row | undefined> => ((await call('lab.nodes', {})) as Row[])[0];
    // The workers start once the devices are known.
    await expect.poll(async () => (await local())?.limits).toEqual(own);
    expect(new Date((await local())?.hoursFrom ?? 0).getHours()).toBe(from);
    await call('owner.limits', NO_LIMITS);
    expect(await local()).toMatchObject({ limits: NO_LIMITS, hoursFrom: null });
  });

  it('closes the sharing of a lab when another lab is opened', async () => {
    const { call } = opened;
    const another = await applications.open('another.db', 0);
    await another.app.close();
    const source = { kind: 'path', path: folder.file('another.db') };
    await call('openLab', { source }, { ...context, host: 'electron' });
    expect(shared.did).toEqual([['close']]);
  });
});

describe('Endpoints: this machine as a node', () => {
  it('looks for labs only while a window asks for those that are seen', async () => {
    const { window } = opened;
    expect(face.looking).toBe(0);
    const bodies = window.bodies('join.seen');
    await window.until(() => bodies.length === 1);
    expect(face.looking).toBe(1);
    window.close();
    expect(face.looking).toBe(0);
  });

  it('passes joining, the answer, leaving and the limits of the owner on', async () => {
    const { window, call } = opened;
    const bodies = window.bodies('owner.state');
    await call('join.start', { address: ' desk:47800 ' });
    await call('join.agree', { yes: true });
    const own = { ...limits, paused: true, draining: null };
    await call('owner.limits', own);
    await call('join.leave', {});
    expect(face.did).toEqual([['start', 'desk:47800'], ['agree', true], ['limit', own], ['leave']]);
    await window.until(() => bodies.at(-1)?.limits.paused === true);
  });

  it('refuses an invitation of a lab that is not shared, and an answer where nothing is asked', async () => {
    const { call } = await applications.open('plain.db', 0);
    await expect(call('lab.invite', { uses: 1 })).rejects.toMatchObject({ code: 'not-shared' });
    await expect(call('join.agree', { yes: true })).rejects.toMatchObject({
      code: 'unknown-admission',
    });
  });
});

describe('Endpoints: bad input about machines', () => {
  it.each([
    ['lab.share', { on: true, port: 70_000 }, 'port'],
    ['lab.admit', { conversation: 'c', yes: 'yes' }, 'yes'],
    ['lab.invite', { uses: 0 }, 'uses'],
    ['lab.invite', { uses: 1, forMs: 1000 }, 'forMs'],
    ['node.rename', { node: PIXEL, name: '  ' }, 'name'],
    ['node.rename', { node: PIXEL, name: 'a\u202eb' }, 'name'],
    [
      'node.limits',
      { node: PIXEL, limits: { ...limits, hours: { from: 24, to: 1 } } },
      'limits.hours.from',
    ],
    ['node.limits', { node: PIXEL, limits: { ...limits, paused: true } }, 'limits.paused'],
    ['join.start', { address: '' }, 'address'],
    ['owner.limits', { ...limits, draining: null }, 'paused'],
  ])('%s refuses %j and names the field %s', async (name, input, path) => {
    await expect(opened.call(name, input)).rejects.toMatchObject({
      code: 'invalid-input',
      data: { problems: [{ path }] },
    });
    expect([...shared.did, ...face.did]).toEqual([]);
  });
});
