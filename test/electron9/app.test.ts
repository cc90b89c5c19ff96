/// <reference lib="dom" />
/**
 * Tests the built app in a real Electron. On the legacy host 9.4.1 it is a smoke test of main
 * process, preload and contents on an engine of 2020; it does not test what `shim/` replaces there:
 * the scheme's handler, `webUtils`, `senderFrame`, libsql behind a pipe.
 */
import { spawn } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { bestConfigs } from '../../src/protocol/best-configs.ts';
import { readLab } from '../../src/storage/read-lab.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { gone, isAlive } from '../support/worker-command.ts';
import { argumentsOf, environment, hostOrReason, launch, root } from './host.ts';
import type { Running } from './host.ts';
import { ask, askAnything, drop, pathSeen, snapshotOf } from './in-page.ts';

const host = hostOrReason();
const folder = temporaryFolder();
afterAll(() => folder.remove());

const SLOW = 60_000;
const until = { timeout: SLOW, interval: 200 };

function given(): Exclude<typeof host, string> {
  if (typeof host === 'string') throw new Error(host);
  return host;
}

const study = (name: string, durationMs: number) => ({
  format: 'galapagos-study/1' as const,
  name,
  objective: { kind: 'synthetic' as const, function: 'sphere' as const, durationMs },
  direction: 'minimize' as const,
  searchSpace: { x: { type: 'float' as const, low: -1, high: 1 } },
  sampler: { name: 'random' as const },
  stop: { trials: 200 },
  seed: 1,
});

async function workerPids({ page }: Running): Promise<number[]> {
  const { slots = [] } = await snapshotOf(page, 'lab', {});
  return slots.flatMap(({ pid }) => (pid === null ? [] : [pid]));
}

if (typeof host === 'string') {
  it('the app in a real Electron', (ctx) => ctx.skip(host));
} else {
  describe(`the app in a real Electron${host.legacy ? ' (legacy host smoke, 9.4.1)' : ''}`, () => {
    const home = folder.file('home');
    let running: Running;
    beforeAll(async () => {
      running = await launch(given(), home);
    });
    afterAll(() => running.app.close());

    it('starts with its window, and answers as a desktop host', async () => {
      const { page } = running;
      expect(page.url()).toMatch(/^app:\/\/galapagos\//);
      expect(await page.title()).toBe('Galapagos');
      expect(await ask(page, 'about', {})).toMatchObject({
        host: 'electron',
        platform: process.platform,
      });
    });

    describe('contains its page', () => {
      it('without Node, and with a bridge that the page cannot change', async () => {
        const seen = await running.page.evaluate(() => ({
          node: ['require', 'process', 'module', 'global', 'Buffer', '__dirname'].filter(
            (name) => name in window,
          ),
          bridge: Object.keys(window.galapagos ?? {}).sort(),
          frozen: Object.isFrozen(window.galapagos),
        }));
        expect(seen).toEqual({
          node: [],
          bridge: ['admit', 'call', 'host', 'pathOf', 'stream', 'upload'],
          frozen: true,
        });
      });

      it('by its policy: no inline script, no inline style, no eval, no foreign origin', async () => {
        const seen = await running.page.evaluate(async () => {
          const script = Object.assign(document.createElement('script'), {
            textContent: 'window.inlineRan = true',
          });
          document.body.append(script);
          const box = document.createElement('p');
          box.setAttribute('style', 'position: fixed');
          document.body.append(box);
          const { position } = getComputedStyle(box);
          // In a task of the page's own: a driver's may evaluate.
          const evaluated = await new Promise((resolve) =>
            setTimeout(() => {
              try {
                // eslint-disable-next-line @typescript-eslint/no-implied-eval -- that it is refused is what is tested
                resolve(typeof new Function('return 1'));
              } catch {
                resolve('refused');
              }
            }, 0),
          );
          const fetched = await fetch('https://example.com/').then(
            () => true,
            () => false,
          );
          script.remove();
          box.remove();
          return { inline: 'inlineRan' in window, position, evaluated, fetched };
        });
        expect(seen).toEqual({
          inline: false,
          position: 'static',
          evaluated: 'refused',
          fetched: false,
        });
      });

      it('in one folder: paths above it are refused, paths of other hosts do not exist', async () => {
        const { page, app } = running;
        const status = (path: string): Promise<number> =>
          page.evaluate((of) => fetch(of).then(({ status: code }) => code), path);
        expect(await status('/index.html')).toBe(200);
        expect(await status('/..%2fmain%2findex.js')).toBe(403);
        expect(await status('/%5c..%5cmain')).toBe(403);
        expect(await status('/absent.js')).toBe(404);
        const foreign = await app.evaluate(
          ({ BrowserWindow }) =>
            new Promise((resolve) => {
              const window = new BrowserWindow({ show: false });
              window.webContents.once('did-navigate', (_, __, code) => {
                window.destroy();
                resolve(code);
              });
              void window.loadURL('app://elsewhere/index.html').catch(() => undefined);
            }),
        );
        expect(foreign).toBe(404);
      });

      it('without navigation, further windows or permissions', async () => {
        const { page, app } = running;
        const before = page.url();
        const seen = await page.evaluate(async () => {
          const opened = window.open('https://example.com/');
          window.location.href = 'https://example.com/';
          const [notification, geolocation] = await Promise.all([
            Notification.requestPermission(),
            new Promise((resolve) =>
              navigator.geolocation.getCurrentPosition(
                () => resolve('granted'),
                ({ code }) => resolve(code),
              ),
            ),
          ]);
          const camera = await navigator.mediaDevices.getUserMedia({ video: true }).then(
            () => 'granted',
            (error: unknown) => (error instanceof DOMException ? error.name : 'failed'),
          );
          return { opened: opened !== null && !opened.closed, notification, geolocation, camera };
        });
        expect(seen.opened).toBe(false);
        expect(seen.notification).not.toBe('granted');
        expect(seen.geolocation).toBe(1);
        expect(seen.camera).not.toBe('granted');
        expect(page.url()).toBe(before);
        expect(
          await app.evaluate(({ BrowserWindow }) => BrowserWindow.getAllWindows().length),
        ).toBe(1);
      });

      it('and accepts only calls of the endpoint table from it', async () => {
        const { page } = running;
        expect(await askAnything(page, 'constructor', {})).toMatchObject({
          ok: false,
          error: { code: 'unknown-endpoint' },
        });
        const refused = await askAnything(page, 'addTrials', { study: 'x', trials: -1 });
        expect(refused).toMatchObject({
          ok: false,
          error: {
            code: 'invalid-input',
            data: { problems: [{ code: 'out-of-range', path: 'trials' }] },
          },
        });
      });
    });

    it('trains MNIST after one click, and the population evolves', async () => {
      const { page, app } = running;
      await page.getByRole('button', { name: 'Start the study' }).click();
      await expect
        .poll(
          async () => (await snapshotOf(page, 'lab', {})).studies?.map(({ name }) => name),
          until,
        )
        .toEqual(['mnist']);
      const key = async (): Promise<string> =>
        (await snapshotOf(page, 'lab', {})).studies?.[0]?.key ?? '';
      const mnist = await key();
      await expect
        .poll(
          () =>
            app.evaluate(({ powerSaveBlocker }) =>
              [0, 1].some((id) => powerSaveBlocker.isStarted(id)),
            ),
          until,
        )
        .toBe(true);
      await expect.poll(() => completeIn(join(home, 'lab.db'), 'mnist'), until).toBeGreaterThan(0);
      await ask(page, 'stopStudy', { study: mnist });
      // The next export contains the current state of the lab.
      await expect
        .poll(async () => (await snapshotOf(page, 'lab', {})).studies?.[0]?.state, until)
        .toBe('finished');
    });

    it('exports the best configurations to the file that the user chooses', async () => {
      const { page, app } = running;
      const chosen = folder.file('best.json');
      await app.evaluate(({ dialog }, filePath) => {
        dialog.showSaveDialog = () => Promise.resolve({ canceled: false, filePath });
      }, chosen);
      const [first] = (await snapshotOf(page, 'lab', {})).studies ?? [];
      const file = await ask(page, 'export', { study: first?.key ?? '', what: 'best', top: 5 });
      expect(await ask(page, 'saveFile', file)).toBe(chosen);
      const lab = readLab(join(home, 'lab.db'));
      const best = Math.max(...[...lab.trials('mnist')].map(({ value }) => value ?? -Infinity));
      lab.close();
      const written = bestConfigs.parse(JSON.parse(readFileSync(chosen, 'utf8')));
      expect([written.study, written.best[0]?.value]).toEqual(['mnist', best]);
    });

    it('gets the path of a dropped file and imports it', async () => {
      const { page } = running;
      const file = folder.file('digits é.csv');
      writeFileSync(
        file,
        `a,b,label\n${Array.from({ length: 40 }, (_, i) => `${i},${40 - i},${i % 2}`).join('\n')}\n`,
      );
      expect(await pathSeen(page, file)).toBe(file);
      await drop(page);
      await expect
        .poll(
          async () => (await snapshotOf(page, 'lab', {})).imports?.map(({ label }) => label),
          until,
        )
        .toEqual(['digits é.csv']);
    });

    it('hosts a lab: admits a node, which runs the trials of a study', async () => {
      const { page } = running;
      await ask(page, 'lab.share', { on: true, port: 0 });
      const { invitation } = await ask(page, 'lab.invite', { uses: 1 });
      const program = join(root, 'bin/galapagos.mjs');
      const node = spawn(
        process.execPath,
        [program, 'node', '--join', invitation, '--workers', '1', '--name', 'PIXEL', '--json'],
        { env: environment(folder.file('pixel')), stdio: 'ignore' },
      );
      const left = new Promise((resolve) => node.once('exit', resolve));
      try {
        const pixel = async (): Promise<string | undefined> =>
          (await snapshotOf(page, 'lab', {})).nodes?.find(({ name }) => name === 'PIXEL')?.presence;
        await expect.poll(pixel, until).toBe('present');
        await ask(page, 'startStudy', { study: study('shared', 100), workers: null });
        const trials = async (): Promise<number> => {
          const nodes = (await snapshotOf(page, 'lab', {})).nodes ?? [];
          const slots = nodes.find(({ name }) => name === 'PIXEL')?.slots ?? [];
          return slots.filter(({ trial }) => trial !== null).length;
        };
        await expect.poll(trials, until).toBeGreaterThan(0);
        node.kill('SIGTERM');
        expect(await left).toBe(0);
        await expect.poll(pixel, until).toBe('absent');
      } finally {
        node.kill('SIGKILL');
        await ask(page, 'lab.share', { on: false });
        const shared = (await snapshotOf(page, 'lab', {})).studies?.find(
          ({ name }) => name === 'shared',
        );
        if (shared !== undefined) await ask(page, 'stopStudy', { study: shared.key });
      }
    });

    it('has a menu whose items reach the window', async () => {
      const { page, app } = running;
      await app.evaluate(({ Menu }) => {
        Menu.getApplicationMenu()?.getMenuItemById('keys')?.click();
      });
      await page.getByRole('dialog').waitFor();
      await page.keyboard.press('Escape');
      expect(
        await app.evaluate(
          ({ Menu }) => Menu.getApplicationMenu()?.getMenuItemById('export-best')?.accelerator,
        ),
      ).toBe('CmdOrCtrl+S');
    });

    it('runs once: a second instance passes its arguments on and exits', async () => {
      const { program, app } = given();
      const second = spawn(program, argumentsOf(app), { env: environment(home), stdio: 'ignore' });
      const ended = new Promise((resolve) => second.once('exit', resolve));
      await ended;
      expect(isAlive(running.pid)).toBe(true);
      expect(await ask(running.page, 'about', {})).toMatchObject({ host: 'electron' });
    });

    it('causes no error in its page', () => {
      // Chrome 83 has no `:not()` of more than one part, with which dialogs look for what can be
      // focused.
      const own = running.errors.filter(
        (error) => !(given().legacy && error.includes('is not a valid selector')),
      );
      expect(own).toEqual([]);
    });
  });

  describe('Desktop app: ends of processes', () => {
    it('reloads a crashed page while the study continues', async (ctx) => {
      ctx.skip(
        given().legacy,
        'the legacy host 9.4.1 itself ends with a segmentation fault once a page of it has crashed',
      );
      const running = await launch(given(), folder.file('crash'));
      const { app, page } = running;
      await ask(page, 'startStudy', { study: study('crash', 100), workers: 1 });
      await app.evaluate(({ BrowserWindow }) => {
        const [window] = BrowserWindow.getAllWindows();
        if (window !== undefined) process.kill(window.webContents.getOSProcessId(), 'SIGKILL');
      });
      const answered = (): Promise<boolean> =>
        app.evaluate(async ({ BrowserWindow }) => {
          const asked = 'window.galapagos.call("about", {}).then(({ ok }) => ok)';
          const ok: unknown = await BrowserWindow.getAllWindows()[0]
            ?.webContents.executeJavaScript(asked)
            .catch(() => false);
          return ok === true;
        });
      await expect.poll(answered, until).toBe(true);
      const lab = join(folder.file('crash'), 'lab.db');
      const before = completeIn(lab, 'crash');
      await expect.poll(() => completeIn(lab, 'crash'), until).toBeGreaterThan(before);
      await app.close();
    });

    it('ends its workers when its window is closed, and finds the study again', async () => {
      const home = folder.file('closed');
      const running = await launch(given(), home);
      await ask(running.page, 'startStudy', { study: study('closed', 100), workers: 2 });
      await expect.poll(() => workerPids(running), until).not.toEqual([]);
      await expect.poll(() => completeIn(join(home, 'lab.db'), 'closed'), until).toBeGreaterThan(0);
      const workers = await workerPids(running);
      const exited = new Promise((resolve) => running.app.process().once('exit', resolve));
      await running.app.evaluate(({ BrowserWindow }) => BrowserWindow.getAllWindows()[0]?.close());
      await exited;
      for (const pid of workers) await gone(pid, SLOW);
      const again = await launch(given(), home);
      const { lab, studies } = await snapshotOf(again.page, 'lab', {});
      expect(lab?.interrupted).toEqual(studies?.map(({ key }) => key));
      await again.app.close();
    });

    it('leaves no worker behind when it is killed', async () => {
      const running = await launch(given(), folder.file('killed'));
      await ask(running.page, 'startStudy', { study: study('killed', 100), workers: 2 });
      await expect.poll(() => workerPids(running), until).not.toEqual([]);
      const workers = await workerPids(running);
      process.kill(running.pid, 'SIGKILL');
      for (const pid of workers) await gone(pid, SLOW);
    });
  });
}

function completeIn(file: string, name: string): number {
  const lab = readLab(file);
  try {
    return [...lab.trials(name)].filter(({ state }) => state === 'complete').length;
  } finally {
    lab.close();
  }
}
