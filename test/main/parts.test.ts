/** Tests the parts of the main process on a fake of Electron. */
import { EventEmitter } from 'node:events';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { Acts } from '../../src/main/acts.ts';
import { setupCrashRecovery } from '../../src/main/crash.ts';
import { setupIpc } from '../../src/main/ipc.ts';
import { filesIn } from '../../src/main/opened-files.ts';
import { placesOf } from '../../src/main/places.ts';
import { fractionOf, sentenceOf, showProgress } from '../../src/main/progress.ts';
import { setupQuit } from '../../src/main/quit.ts';
import { boundsFor, recall, remember, widthClassOf } from '../../src/main/remembered.ts';
import { idleSeconds, setupSleepNotice } from '../../src/main/power.ts';
import { setupSleepBlock } from '../../src/main/sleep.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { FakeContents, FakeWindow, app, powerMonitor, recorded } from './fake-electron.ts';

vi.mock('electron', async () => (await import('./fake-electron.ts')).electron);

const folder = temporaryFolder();
afterAll(() => folder.remove());

const ours = { url: 'app://galapagos/index.html', parent: null };
const study = (ended: number, trials: number | null) => ({
  key: 'k',
  name: 'mnist',
  ended,
  trials,
});

describe('Desktop host: calls and streams', () => {
  const asked: unknown[] = [];
  let contents: FakeContents;
  beforeEach(() => {
    asked.length = 0;
    contents = new FakeContents();
    const acts = new Acts();
    const calls = new Proxy(
      {},
      { get: (_, name) => (input: unknown) => asked.push([name, input]), has: () => true },
    );
    // All handlers are equal here: the test is about access control.
    setupIpc({ calls, subscriptions: {} } as never, {
      calls: { choosePaths: (input: unknown) => (asked.push(input), []) } as never,
      subscriptions: { act: acts.subscribe },
    });
  });
  const call = (senderFrame: unknown, name: unknown, input: unknown) =>
    recorded.ipc.get('galapagos:call')?.(
      ...([{ senderFrame, sender: contents }, name, input] as never[]),
    );
  const stream = (senderFrame: unknown, number: unknown, request: unknown) =>
    recorded.ipc.get('galapagos:stream')?.(
      ...([{ senderFrame, sender: contents }, number, request] as never[]),
    );

  it('answers a call of its own page', async () => {
    expect(await call(ours, 'choosePaths', { what: 'lab' })).toEqual({ ok: true, value: [] });
    expect(asked).toEqual([{ what: 'lab' }]);
  });

  it.each([[null], [{ ...ours, parent: {} }], [{ url: 'https://example.com/', parent: null }]])(
    'refuses calls and streams of the sender %j without calling a handler',
    async (sender) => {
      expect(await call(sender, 'choosePaths', { what: 'lab' })).toMatchObject({
        ok: false,
        error: { code: 'not-admitted' },
      });
      stream(sender, 0, { op: 'subscribe', id: 0, name: 'act', input: {} });
      expect([asked, contents.sent]).toEqual([[], []]);
    },
  );

  it.each([
    ['no name', 5, {}, 'bad-request'],
    ['a name that is not in the table', 'constructor', {}, 'unknown-endpoint'],
    ['an input that the schema refuses', 'choosePaths', { what: 'anything' }, 'invalid-input'],
  ])('refuses a call with %s', async (_, name, input, code) => {
    expect(await call(ours, name, input)).toMatchObject({ ok: false, error: { code } });
    expect(asked).toEqual([]);
  });

  it('opens no stream for a message that no schema accepts', () => {
    stream(ours, -1, { op: 'subscribe', id: 0, name: 'act', input: {} });
    stream(ours, 0, { op: 'open', id: 0 });
    expect(contents.sent).toEqual([]);
  });

  it('ends a stream with its document', () => {
    stream(ours, 0, { op: 'subscribe', id: 0, name: 'act', input: {} });
    expect(contents.sent).toEqual([
      ['galapagos:answer', 0, { op: 'message', id: 0, seq: 0, snapshot: true, body: { acts: [] } }],
    ]);
    contents.emit('did-navigate');
    expect(contents.listenerCount('did-navigate')).toBe(0);
  });
});

it('Desktop host: delivers a request to one window once, also when made before it subscribed', () => {
  const acts = new Acts();
  acts.ask({ act: 'opened', path: '/lab.db' });
  const feed = acts.subscribe({}, () => undefined);
  expect(feed.take()).toEqual({
    seq: 0,
    snapshot: true,
    body: { acts: [{ id: 0, act: 'opened', path: '/lab.db' }] },
  });
  expect(feed.take()).toBeNull();
  acts.ask({ act: 'pause' });
  expect(feed.take()).toEqual({
    seq: 1,
    snapshot: false,
    body: { acts: [{ id: 1, act: 'pause' }] },
  });
  feed.close();
  const reloaded = acts.subscribe({}, () => undefined);
  expect(reloaded.take()?.body.acts).toEqual([]);
});

describe('Desktop host: paths of the parts', () => {
  const surroundings = {
    resourcesPath: '/opt/app/resources',
    platform: 'linux' as const,
    env: { PATH: '' },
  };

  it('runs the worker beside the archive on the shipped Node in the packaged app', () => {
    const places = placesOf({
      ...surroundings,
      entryFolder: '/opt/app/resources/app.asar/out/main',
      packaged: true,
    });
    expect(places).toEqual({
      resources: '/opt/app/resources/resources',
      window: '/opt/app/resources/app.asar/out/renderer',
      preload: '/opt/app/resources/app.asar/out/preload/index.cjs',
      worker: {
        entry: '/opt/app/resources/app.asar.unpacked/out/main/worker.js',
        execPath: '/opt/app/resources/node/bin/node',
      },
    });
  });

  it("runs the worker of a clone on npm's Node, else on the first on PATH, else reports none", () => {
    const clone = { ...surroundings, entryFolder: '/clone/out/main', packaged: false };
    const node = folder.file('node');
    writeFileSync(node, '');
    expect(placesOf(clone).worker).toBeNull();
    expect(placesOf({ ...clone, env: { PATH: `/nowhere:${folder.path}` } }).worker?.execPath).toBe(
      node,
    );
    expect(placesOf({ ...clone, env: { PATH: '', npm_node_execpath: node } }).worker).toEqual({
      entry: '/clone/out/main/worker.js',
      execPath: node,
    });
    expect(placesOf(clone).resources).toBe('/clone/resources');
  });
});

describe('Desktop host: remembered window', () => {
  const screen = { x: 0, y: 0, width: 1920, height: 1080 };
  const place = { bounds: { x: 100, y: 100, width: 1500, height: 900 }, maximised: false };

  it('reads back what it wrote', () => {
    const file = folder.file('window.json');
    const what = {
      format: 'galapagos-window/1' as const,
      places: { medium: place },
      lab: '/a/lab.db',
      share: 47_801,
    };
    remember(file, what);
    expect(recall(file)).toEqual(what);
  });

  it.each([['{'], ['[]'], ['{"format":"galapagos-window/9"}']])(
    'starts empty when the file holds %s',
    (text) => {
      const file = folder.file('bad.json');
      writeFileSync(file, text);
      expect(recall(file)).toEqual({
        format: 'galapagos-window/1',
        places: {},
        lab: null,
        share: null,
      });
    },
  );

  it.each([
    [undefined, { width: 1280, height: 800 }],
    [place, place.bounds],
    [
      { ...place, bounds: { ...place.bounds, x: 5000 } },
      { width: 1500, height: 900 },
    ],
    [
      { ...place, bounds: { ...place.bounds, y: -500 } },
      { width: 1500, height: 900 },
    ],
  ])('turns the stored bounds %j into %j on a screen of 1920 px', (kept, bounds) => {
    expect(boundsFor(kept, screen)).toEqual(bounds);
  });

  it('distinguishes three classes of screen width', () => {
    expect([1280, 1599, 1600, 1920, 2200, 3840].map(widthClassOf)).toEqual([
      'narrow',
      'narrow',
      'medium',
      'medium',
      'wide',
      'wide',
    ]);
  });
});

it('Desktop host: opens the existing files among the command-line arguments', () => {
  const file = folder.file('a study.json');
  writeFileSync(file, '{}');
  expect(filesIn(['galapagos', '--flag', file, '/absent'], '/', true)).toEqual([file]);
  expect(filesIn(['electron', folder.path, 'a study.json'], folder.path, false)).toEqual([
    join(folder.path, 'a study.json'),
  ]);
});

describe('Desktop host: progress', () => {
  it('is one fraction of all trials, null without a limit, and at most 1', () => {
    expect(fractionOf([study(16, 64)])).toBe(0.25);
    expect(fractionOf([study(16, 64), study(0, 64)])).toBe(0.125);
    expect(fractionOf([study(70, 64)])).toBe(1);
    expect(fractionOf([study(1, null)])).toBeNull();
  });

  it('names one study, and counts several', () => {
    expect(sentenceOf([study(1600, 6400)])).toBe('mnist: 1,600 of 6,400 trials');
    expect(sentenceOf([study(1, 2), study(2, 3)])).toBe(
      '2 studies are running: 3 trials have ended',
    );
  });

  it('shows on the taskbar while a study runs', () => {
    const window = new FakeWindow({ webPreferences: {} });
    const shown = [[study(16, 64)], [study(1, null)], []].map((running) => {
      showProgress(window as never, running);
      return window.progress;
    });
    expect(shown).toEqual([0.25, 2, -1]);
  });
});

it('Desktop host: keeps the machine awake only while a study runs', () => {
  const notify = setupSleepBlock();
  const counts = [[study(0, 1)], [study(1, 1), study(0, 1)], []].map((running) => {
    notify(running);
    return recorded.blockers.size;
  });
  expect(counts).toEqual([1, 1, 0]);
});

it('Desktop host: reloads a crashed page at most three times within a minute', () => {
  const window = Object.assign(new EventEmitter(), {
    webContents: new EventEmitter(),
    isDestroyed: () => false,
  });
  let now = 0;
  let loads = 0;
  vi.spyOn(console, 'error').mockReturnValue();
  setupCrashRecovery(
    window as never,
    () => loads++,
    () => now,
  );
  const crash = (reason = 'crashed') =>
    window.webContents.emit('render-process-gone', {}, { reason });
  crash('clean-exit');
  expect(loads).toBe(0);
  for (now of [0, 1000, 61_000, 62_000]) crash();
  expect(loads).toBe(4);
});

it('Desktop host: ends the process only after the lab is closed', async () => {
  let closed: () => void = () => undefined;
  setupQuit(() => new Promise((resolve) => (closed = resolve)));
  let prevented = 0;
  for (let i = 0; i < 2; i++) app.emit('will-quit', { preventDefault: () => prevented++ });
  expect([prevented, recorded.exited]).toEqual([2, []]);
  closed();
  await expect.poll(() => recorded.exited).toEqual([0]);
});

describe('Desktop host: power and input', () => {
  it('reads the time since the last input from the system', () => {
    expect(idleSeconds()?.()).toBe(42);
    const { getSystemIdleTime } = powerMonitor;
    Object.assign(powerMonitor, { getSystemIdleTime: undefined });
    expect(idleSeconds()).toBeUndefined();
    Object.assign(powerMonitor, { getSystemIdleTime });
  });

  it('tells the application when the machine goes to sleep and when it has woken', () => {
    const told: boolean[] = [];
    setupSleepNotice({ asleep: (now) => told.push(now) });
    powerMonitor.emit('suspend');
    powerMonitor.emit('resume');
    expect(told).toEqual([true, false]);
  });
});
