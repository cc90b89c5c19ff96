/// <reference lib="dom" />
/**
 * The built window in Chromium with a host that answers as the desktop app does: the application
 * runs in this process, and the window's bridge is made of functions that Playwright exposes.
 */
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Browser, BrowserContextOptions, Page } from 'playwright-core';
import { answer } from '../../src/endpoints/calls/answer.ts';
import { createEndpoints } from '../../src/endpoints/create-endpoints.ts';
import { FeedPump } from '../../src/endpoints/feeds/pump.ts';
import type {
  Bridge,
  CallContext,
  StreamAnswer,
  StreamRequest,
} from '../../src/protocol/endpoint.ts';
import { acts, commands, native, queries, subscriptions } from '../../src/protocol/endpoints.ts';
import type { NativeEndpoints } from '../../src/protocol/endpoints.ts';
import { startServer } from '../../src/server/start-server.ts';
import { builtWithWindow } from './built-command.ts';
import { launchChromium, offlineContext } from './chromium.ts';
import type { TemporaryFolder } from './temporary-folder.ts';
import { workerTimes } from './worker-times.ts';

declare global {
  interface Window {
    desktopCall: (name: string, input: unknown) => Promise<never>;
    desktopSend: (request: StreamRequest) => Promise<void>;
    desktopHear: (answer: string) => void;
  }
}

const root = fileURLToPath(new URL('../../', import.meta.url));
const context: CallContext = { host: 'electron', signal: new AbortController().signal };

/** Answers of file dialogs; a call that is absent is not part of the test. */
export type NativeCalls = Partial<NativeEndpoints['calls']>;

export interface DesktopWindow {
  window(at: string, options?: BrowserContextOptions): Promise<Page>;
  close(): Promise<void>;
}

/** @param folder contains the lab and the user folder */
export async function desktopWindow(
  folder: TemporaryFolder,
  natives: NativeCalls = {},
): Promise<DesktopWindow> {
  await builtWithWindow();
  const app = await createEndpoints({
    resources: join(root, 'resources'),
    userFolder: folder.file('home'),
    lab: folder.file('lab.db'),
    workers: 2,
    host: 'electron',
    version: '0',
    cards: [],
    worker: { entry: join(root, 'out', 'main', 'worker.js') },
    options: await workerTimes(),
  });
  const server = await startServer({
    application: Promise.resolve(app),
    window: join(root, 'out/renderer'),
    host: '127.0.0.1',
    port: 0,
    token: 'a-token-of-this-test',
  });
  const browser: Browser = await launchChromium();
  const pumps: { close(): void }[] = [];
  return {
    async window(at, options = {}) {
      const origin = new URL(server.link).origin;
      const { context: profile } = await offlineContext(browser, origin, options);
      const page = await profile.newPage();
      // As the main process answers the channels of IPC.
      const pump = new FeedPump(
        { ...subscriptions, ...acts },
        { ...app.endpoints.subscriptions, act: () => silent },
        (told) => {
          const text = JSON.stringify(told, (_, value: unknown) =>
            value instanceof Uint8Array ? { $bytes: [...value] } : value,
          );
          void page.evaluate((heard) => window.desktopHear(heard), text).catch(() => undefined);
        },
        context,
      );
      pumps.push(pump);
      await page.exposeFunction('desktopCall', (name: string, input: unknown) =>
        answer(
          { ...queries, ...commands, ...native },
          { ...app.endpoints.calls, ...(natives as NativeEndpoints['calls']) },
          name,
          input,
          context,
        ),
      );
      await page.exposeFunction('desktopSend', (request: StreamRequest) => pump.receive(request));
      await page.addInitScript(() => {
        const bridge: Bridge<File> = {
          host: 'electron',
          call: (name, input) => window.desktopCall(name, input),
          stream(onAnswer, onState) {
            window.desktopHear = (text) =>
              onAnswer(
                JSON.parse(text, (_, value: unknown) =>
                  typeof value === 'object' && value !== null && '$bytes' in value
                    ? Uint8Array.from(value.$bytes as number[])
                    : value,
                ) as StreamAnswer,
              );
            queueMicrotask(() => onState('open'));
            return {
              send: (request) => void window.desktopSend(request),
              close: () => undefined,
            };
          },
          pathOf: () => null,
          upload: null,
          admit: null,
        };
        Object.defineProperty(window, 'galapagos', { value: bridge });
      });
      await page.goto(`${server.link}${at}`);
      return page;
    },
    async close() {
      await browser.close();
      for (const pump of pumps) pump.close();
      await server.close();
      await app.close();
    },
  };
}

/** A subscription that never has a message. */
const silent = { take: () => null, restart: () => undefined, close: () => undefined };
