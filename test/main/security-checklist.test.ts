/**
 * Electron's security checklist (its documentation, "Security", "Checklist"), a test a line, by the
 * checklist's numbers.
 */
import { mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { containWindows, denyPermissions } from '../../src/main/containment.ts';
import { isOurPage } from '../../src/main/sender.ts';
import { loadWindow, openWindow } from '../../src/main/window.ts';
import { registerWindowScheme, setupWindowProtocol } from '../../src/main/window-protocol.ts';
import { configurationFor } from '../../build/packaging/electron-builder.mjs';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { FakeContents, FakeWindow, app, told } from './fake-electron.ts';

vi.mock('electron', async () => (await import('./fake-electron.ts')).electron);

const root = fileURLToPath(new URL('../../', import.meta.url));
const remembered = { format: 'galapagos-window/1' as const, places: {}, lab: null };
const folder = temporaryFolder();
afterAll(() => folder.remove());

function preferences(): Record<string, unknown> {
  openWindow({ preload: '/preload.cjs', icon: '/icon.png', remembered, placed: () => undefined });
  return FakeWindow.made.at(-1)?.options.webPreferences ?? {};
}

/** What a page's attempt comes to. */
function attempt(event: string, details: Record<string, unknown>): 'prevented' | 'allowed' {
  const contents = new FakeContents();
  app.emit('web-contents-created', {}, contents);
  let outcome: 'prevented' | 'allowed' = 'allowed';
  contents.emit(event, { ...details, preventDefault: () => (outcome = 'prevented') });
  return outcome;
}

describe("Electron's security checklist", () => {
  beforeAll(() => {
    containWindows();
    denyPermissions();
    registerWindowScheme();
    mkdirSync(folder.file('window'));
    mkdirSync(folder.file('window-beside'));
    writeFileSync(join(folder.file('window'), 'index.html'), '<!doctype html>');
    writeFileSync(join(folder.file('window-beside'), 'secret'), 'secret');
    setupWindowProtocol(folder.file('window'));
  });

  const answered = (url: string, method = 'GET'): Promise<Response> =>
    told.schemeHandlers.get('app')?.({ url, method }) ?? Promise.reject(new Error('no handler'));

  it('1: only secure content is loaded', async () => {
    const window = openWindow({ preload: '', icon: '', remembered, placed: () => undefined });
    await loadWindow(window);
    expect(FakeWindow.made.at(-1)?.loaded).toEqual(['app://galapagos/index.html']);
    expect(told.schemes).toMatchObject([
      { scheme: 'app', privileges: { standard: true, secure: true } },
    ]);
  });

  it.each([
    [2, 'nodeIntegration', false],
    [2, 'nodeIntegrationInWorker', false],
    [2, 'nodeIntegrationInSubFrames', false],
    [3, 'contextIsolation', true],
    [4, 'sandbox', true],
    [6, 'webSecurity', true],
    [8, 'allowRunningInsecureContent', false],
    [9, 'experimentalFeatures', false],
    [10, 'enableBlinkFeatures', undefined],
    [11, 'webviewTag', false],
  ])('%i: %s is %s', (_, name, value) => {
    expect(preferences()[name]).toBe(value);
  });

  it('5: permissions are denied, but for copying text from our own page', () => {
    const asked = (permission: string): boolean => {
      let granted = true;
      told.permissionRequest?.({}, permission, (answer) => (granted = answer));
      return granted;
    };
    for (const permission of [
      'media',
      'geolocation',
      'notifications',
      'openExternal',
      'clipboard-read',
      'fullscreen',
      'hid',
    ]) {
      expect([permission, asked(permission)]).toEqual([permission, false]);
      expect(told.permissionCheck?.({}, permission, 'app://galapagos/')).toBe(false);
    }
    expect(told.permissionCheck?.({}, 'clipboard-sanitized-write', 'app://galapagos/')).toBe(true);
    expect(told.permissionCheck?.({}, 'clipboard-sanitized-write', 'https://example.com/')).toBe(
      false,
    );
    expect(told.devicePermission?.()).toBe(false);
  });

  it('7: every answer carries a policy that lets nothing in but ourselves', async () => {
    for (const path of ['/', '/absent', '/%2e%2e%2fwindow-beside/secret']) {
      const policy =
        (await answered(`app://galapagos${path}`)).headers.get('content-security-policy') ?? '';
      expect(policy).toContain("default-src 'none'");
      expect(policy).toContain("script-src 'self'");
      expect(policy).not.toMatch(/unsafe-inline|unsafe-eval|\*|https?:/);
    }
  });

  it('12: web views are never attached', () => {
    expect(attempt('will-attach-webview', {})).toBe('prevented');
  });

  it.each([
    ['will-navigate', 'https://example.com/'],
    ['will-navigate', 'file:///etc/passwd'],
    ['will-navigate', 'app://galapagos/other.html'],
    ['will-navigate', 'app://galapagos.example.com/index.html'],
    ['will-redirect', 'https://example.com/'],
    ['will-frame-navigate', 'https://example.com/'],
  ])('13: navigation is prevented: %s to %s', (event, url) => {
    expect(attempt(event, { url, isMainFrame: true })).toBe('prevented');
  });

  it('13: but the page may load itself again', () => {
    expect(attempt('will-navigate', { url: 'app://galapagos/index.html#/study' })).toBe('allowed');
  });

  it('14: no further windows', () => {
    const contents = new FakeContents();
    app.emit('web-contents-created', {}, contents);
    expect(contents.openHandler?.({ url: 'https://example.com/' })).toEqual({ action: 'deny' });
  });

  it('15: nothing is handed to the system to open', () => {
    for (const layer of ['main', 'preload']) {
      for (const name of readdirSync(join(root, 'src', layer))) {
        expect(readFileSync(join(root, 'src', layer, name), 'utf8')).not.toMatch(
          /\bshell\b|openExternal\(/,
        );
      }
    }
  });

  it('16: Electron is a current one', () => {
    const { devDependencies } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as {
      devDependencies: Record<string, string>;
    };
    expect(Number(/\d+/.exec(devDependencies['electron'] ?? '')?.[0])).toBeGreaterThanOrEqual(45);
  });

  it.each([
    ['our page', { url: 'app://galapagos/index.html#/', parent: null }, true],
    ['a frame in our page', { url: 'app://galapagos/index.html', parent: {} }, false],
    ['another host', { url: 'app://elsewhere/index.html', parent: null }, false],
    ['a host that begins like ours', { url: 'app://galapagos.example.com/', parent: null }, false],
    ['a web page', { url: 'https://example.com/', parent: null }, false],
    ['a frame that is gone', null, false],
  ])('17: a message from %s: %#', (_, senderFrame, ours) => {
    expect(isOurPage({ senderFrame: senderFrame as never })).toBe(ours);
  });

  it.each([
    ['/index.html', 200],
    ['/', 200],
    ['/%2e%2e%2fwindow-beside%2fsecret', 403],
    ['/..%2fwindow-beside/secret', 403],
    ['/%5c..%5csecret', 403],
    ['/%00', 403],
    ['/%E0%A4%A', 403],
    ['/absent.js', 404],
  ])('18: files come from the window’s folder alone: %s is answered %i', async (path, status) => {
    expect((await answered(`app://galapagos${path}`)).status).toBe(status);
  });

  it('18: another host has nothing, and nothing is written', async () => {
    expect((await answered('app://elsewhere/index.html')).status).toBe(404);
    expect((await answered('app://galapagos/index.html', 'POST')).status).toBe(405);
  });

  it('19: fuses are set', () => {
    expect(configurationFor('linux', 'x64', '/fetched').electronFuses).toMatchObject({
      runAsNode: false,
      enableNodeOptionsEnvironmentVariable: false,
      enableNodeCliInspectArguments: false,
      enableCookieEncryption: true,
      enableEmbeddedAsarIntegrityValidation: true,
      onlyLoadAppFromAsar: true,
    });
  });

  it('20: the page is given the bridge and nothing of Electron’s', () => {
    const preload = readFileSync(join(root, 'src/preload/index.ts'), 'utf8');
    expect(preload.match(/exposeInMainWorld\(/g)).toHaveLength(1);
    expect(preload).not.toMatch(/exposeInMainWorld\([^)]*ipcRenderer/);
  });
});
