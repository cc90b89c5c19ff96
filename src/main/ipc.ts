/**
 * Binds the endpoint table to Electron's IPC channels: checks the sender, parses each message and
 * wraps answers in the envelope of the table. The handlers are in `endpoints`.
 */
import { ipcMain } from 'electron';
import type { IpcMainEvent, WebContents } from 'electron';
import { z } from 'zod';
import { answer } from '../endpoints/calls/answer.ts';
import { FeedPump } from '../endpoints/feeds/pump.ts';
import { streamRequest } from '../protocol/endpoint.ts';
import type { Answer } from '../protocol/endpoint.ts';
import { acts, commands, native, queries, subscriptions } from '../protocol/endpoints.ts';
import type { Endpoints, NativeEndpoints } from '../protocol/endpoints.ts';
import { check } from '../protocol/problems.ts';
import { channels } from '../protocol/window/channels.ts';
import { isOurPage } from './sender.ts';

const calls = { ...queries, ...commands, ...native };
const streams = { ...subscriptions, ...acts };
type Pump = FeedPump<typeof streams>;

const streamNumber = z.int().min(0);
const endedOrRequest = streamRequest.nullable();
const callName = z.string().max(100);

/** Open streams of one page; `gone` aborts when the page goes away. */
interface Page {
  readonly gone: AbortController;
  readonly pumps: Map<number, Pump>;
}

export function setupIpc(endpoints: Endpoints, nativeEndpoints: NativeEndpoints): void {
  const handlers = { ...endpoints.calls, ...nativeEndpoints.calls };
  const feeds = { ...endpoints.subscriptions, ...nativeEndpoints.subscriptions };
  const pages = new WeakMap<WebContents, Page>();

  /** Streams end with the document; after a reload the window opens new ones. */
  const pageOf = (contents: WebContents): Page => {
    const known = pages.get(contents);
    if (known !== undefined) return known;
    const page: Page = { gone: new AbortController(), pumps: new Map() };
    const end = (): void => {
      if (pages.get(contents) !== page) return;
      pages.delete(contents);
      page.gone.abort();
      for (const pump of page.pumps.values()) pump.close();
      contents.off('did-navigate', end).off('render-process-gone', end).off('destroyed', end);
    };
    contents.on('did-navigate', end).on('render-process-gone', end).on('destroyed', end);
    pages.set(contents, page);
    return page;
  };

  ipcMain.handle(
    channels.call,
    (event, name: unknown, input: unknown): Answer | Promise<Answer> => {
      if (!isOurPage(event)) return refused;
      const known = check(callName, name);
      if (!known.ok)
        return { ok: false, error: { code: 'bad-request', data: { problems: known.problems } } };
      return answer(calls, handlers, known.value, input, {
        host: 'electron',
        signal: pageOf(event.sender).gone.signal,
      });
    },
  );

  ipcMain.on(channels.stream, (event: IpcMainEvent, number: unknown, request: unknown) => {
    if (!isOurPage(event)) return;
    const stream = check(streamNumber, number);
    const asked = check(endedOrRequest, request);
    // The preload never sends an invalid message, and a stream message has no answer: ignore it.
    if (!stream.ok || !asked.ok) return;
    const { sender } = event;
    const { pumps, gone } = pageOf(sender);
    if (asked.value === null) {
      pumps.get(stream.value)?.close();
      pumps.delete(stream.value);
      return;
    }
    let pump = pumps.get(stream.value);
    if (pump === undefined) {
      const send = (streamAnswer: unknown): void => {
        if (!sender.isDestroyed() && !gone.signal.aborted)
          sender.send(channels.answer, stream.value, streamAnswer);
      };
      pump = new FeedPump(streams, feeds, send, { host: 'electron', signal: gone.signal });
      pumps.set(stream.value, pump);
    }
    pump.receive(asked.value);
  });
}

const refused: Answer = { ok: false, error: { code: 'not-admitted', data: {} } };
