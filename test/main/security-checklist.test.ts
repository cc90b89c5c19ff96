/**
 * Electron's security checklist (section "Checklist" of its documentation "Security"), one test for
 * each item; the numbers are those of the checklist.
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
import { FakeContents, FakeWindow, app, recorded } from './fake-electron.ts';

vi.mock('electron', async () => (await import('./fake-electron.ts')).electron);

const root = fileURLToPath(new URL('../../', import.meta.url));
const remembered = { format: 'galapagos-window/1' as const, places: {}, lab: null, share: null };
const folder = temporaryFolder();
afterAll(() => folder.remove());

function preferences(): Record<string, unknown> {
  openWindow({ preload: '/preload.cjs', icon: '/icon.png', remembered, placed: () => undefined });
  return FakeWindow.made.at(-1)?.options.webPreferences ?? {};
}

/** Emits an event of a page and returns whether the app prevented it. */
function attempt(event: string, details: Record<string, unknown>): 'prevented' | 'allowed' {
  const contents = new FakeContents();
  app.emit('web-contents-created', {}, contents);
  let outcome: 'prevented' | 'allowed' = 'allowed';
  contents.emit(event, { ...details, preventDefault: () => (outcome = 'prevented') });
  return outcome;
}

describe('Electron: security checklist', () => {
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
    recorded.schemeHandlers.get('app')?.({ url, method }) ??
    Promise.reject(new Error('no handler'));

  it('item 1: loads secure content only', async () => {
    const window = openWindow({ preload: '', icon: '', remembered, placed: () => undefined });
    await loadWindow(window);
    expect(FakeWindow.made.at(-1)?.loaded).toEqual(['app://galapagos/index.html']);
    expect(recorded.schemes).toMatchObject([
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
  ])('item %i: sets %s to %s', (_, name, value) => {
    expect(preferences()[name]).toBe(value);
  });

  it('item 5: denies permissions, except copying text from its own page', () => {
    const asked = (permission: string): boolean => {
      let granted = true;
      recorded.permissionRequest?.({}, permission, (answer) => (granted = answer));
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
      expect(recorded.permissionCheck?.({}, permission, 'app://galapagos/')).toBe(false);
    }
    expect(recorded.permissionCheck?.({}, 'clipboard-sanitized-write', 'app://galapagos/')).toBe(
      true,
    );
    expect(
      recorded.permissionCheck?.({}, 'clipboard-sanitized-write', 'https://example.com/'),
    ).toBe(false);
    expect(recorded.devicePermission?.()).toBe(false);
  });

  it('item 7: sends a policy that allows only its own content with every answer', async () => {
    for (const path of ['/', '/absent', '/%2e%2e%2fwindow-beside/secret']) {
      const policy =
        (await answered(`app://galapagos${path}`)).headers.get('content-security-policy') ?? '';
      expect(policy).toContain("default-src 'none'");
      expect(policy).toContain("script-src 'self'");
      expect(policy).not.toMatch(/unsafe-inline|unsafe-eval|\*|https?:/);
    }
  });

  it('item 12: prevents web views', () => {
    expect(attempt('will-attach-webview', {})).toBe('prevented');
  });

  it.each([
    ['will-navigate', 'https://example.com/'],
    ['will-navigate', 'file:///etc/passwd'],
    ['will-navigate', 'app://galapagos/other.html'],
    ['will-navigate', 'app://galapagos.example.com/index.html'],
    ['will-redirect', 'https://example.com/'],
    ['will-frame-navigate', 'https://example.com/'],
  ])('item 13: prevents navigation by %s to %s', (event, url) => {
    expect(attempt(event, { url, isMainFrame: true })).toBe('prevented');
  });

  it('item 13: allows a page to reload itself', () => {
    expect(attempt('will-navigate', { url: 'app://galapagos/index.html#/study' })).toBe('allowed');
  });

  it('item 14: denies new windows', () => {
    const contents = new FakeContents();
    app.emit('web-contents-created', {}, contents);
    expect(contents.openHandler?.({ url: 'https://example.com/' })).toEqual({ action: 'deny' });
  });

  it('item 15: opens nothing with other programs of the system', () => {
    for (const layer of ['main', 'preload']) {
      for (const name of readdirSync(join(root, 'src', layer))) {
        expect(readFileSync(join(root, 'src', layer, name), 'utf8')).not.toMatch(
          /\bshell\b|openExternal\(/,
        );
      }
    }
  });

  it('item 16: uses a current version of Electron', () => {
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
  ])('item 17: checks the sender of a message from %s (case %#)', (_, senderFrame, ours) => {
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
  ])(
    'item 18: serves files of the window’s folder only: %s is answered %i',
    async (path, status) => {
      expect((await answered(`app://galapagos${path}`)).status).toBe(status);
    },
  );

  it('item 18: serves no other host and accepts no writes', async () => {
    expect((await answered('app://elsewhere/index.html')).status).toBe(404);
    expect((await answered('app://galapagos/index.html', 'POST')).status).toBe(405);
  });

  it('item 19: sets the fuses', () => {
    expect(configurationFor('linux', 'x64', '/fetched').electronFuses).toMatchObject({
      runAsNode: false,
      enableNodeOptionsEnvironmentVariable: false,
      enableNodeCliInspectArguments: false,
      enableCookieEncryption: true,
      enableEmbeddedAsarIntegrityValidation: true,
      onlyLoadAppFromAsar: true,
    });
  });

  it('item 20: exposes the bridge and nothing else of Electron to the page', () => {
    const preload = readFileSync(join(root, 'src/preload/index.ts'), 'utf8');
    expect(preload.match(/exposeInMainWorld\(/g)).toHaveLength(1);
    expect(preload).not.toMatch(/exposeInMainWorld\([^)]*ipcRenderer/);
  });
});
