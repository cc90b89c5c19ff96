/**
 * The built window with a host that a test scripts: it sends the streams that the test defines and
 * records the commands. For states that a real lab reaches only with several machines.
 */
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Changes } from '../../src/endpoints/feeds/changes.ts';
import { WholeFeed } from '../../src/endpoints/feeds/whole-feed.ts';
import { GalapagosError } from '../../src/core/errors.ts';
import type { Endpoints, SubscriptionBody } from '../../src/protocol/endpoints.ts';
import { commands } from '../../src/protocol/endpoints.ts';
import { startServer } from '../../src/server/start-server.ts';
import { Uploads } from '../../src/endpoints/uploads/uploads.ts';
import { builtWithWindow } from './built-command.ts';
import { endpointsOf } from './endpoint-doubles.ts';
import { temporaryFolder } from './temporary-folder.ts';

/** Bodies of the streams; a test assigns them through `show`. */
export interface Script {
  lab: SubscriptionBody<'lab'>;
  study: SubscriptionBody<'study'>;
  telemetry: SubscriptionBody<'telemetry'>;
  admissions: SubscriptionBody<'lab.admissions'>;
  seen: SubscriptionBody<'join.seen'>;
  owner: SubscriptionBody<'owner.state'>;
}

export interface Asked {
  readonly name: string;
  readonly input: unknown;
}

export interface ScriptedWindow {
  /** With the token. */
  readonly link: string;
  readonly origin: string;
  /** Commands in the order in which they were asked for. */
  readonly asked: Asked[];
  /** Answers of commands by name, instead of null; one that throws is a refusal. */
  readonly answers: Record<string, () => unknown>;
  /** Replaces some bodies and sends them. */
  show(bodies: Partial<Script>): void;
  close(): Promise<void>;
}

const root = fileURLToPath(new URL('../../', import.meta.url));

export async function scriptedWindow(first: Script): Promise<ScriptedWindow> {
  await builtWithWindow();
  const folder = temporaryFolder();
  const changes = new Changes();
  const asked: Asked[] = [];
  const answers: Record<string, () => unknown> = {};
  let script = first;
  const feed =
    <Field extends keyof Script>(field: Field) =>
    (_: unknown, changed: () => void): WholeFeed<Script[Field]> =>
      new WholeFeed(
        { read: () => script[field], listen: (heard) => changes.listen(heard) },
        changed,
      );
  const recorded = Object.fromEntries(
    Object.keys(commands).map((name) => [
      name,
      (input: unknown) => {
        asked.push({ name, input });
        return answers[name]?.() ?? null;
      },
    ]),
  ) as unknown as Partial<Endpoints['calls']>;
  const endpoints: Endpoints = {
    calls: endpointsOf({
      ...recorded,
      about: () => ({
        version: '0.0.0',
        platform: 'linux',
        host: 'server',
        workers: 2,
        cores: 2,
        gpus: [],
        userFolder: folder.path,
      }),
      attempts: () => [],
      confirmations: () => [],
    }).calls,
    subscriptions: {
      lab: feed('lab'),
      study: feed('study'),
      telemetry: feed('telemetry'),
      'lab.admissions': feed('admissions'),
      'join.seen': feed('seen'),
      'owner.state': feed('owner'),
    },
  };
  const uploads = new Uploads(folder.file('uploads'));
  const server = await startServer({
    application: Promise.resolve({ endpoints, uploads }),
    window: join(root, 'out/renderer'),
    host: '127.0.0.1',
    port: 0,
    token: 'a-token-of-this-test',
  });
  return {
    link: server.link,
    origin: new URL(server.link).origin,
    asked,
    answers,
    show(bodies) {
      script = { ...script, ...bodies };
      changes.notify();
    },
    async close() {
      await server.close();
      await uploads.close();
      folder.remove();
    },
  };
}

/** A refusal for `answers`. */
export function refusal(code: 'unknown-node' | 'port-taken', message: string): () => never {
  return () => {
    throw new GalapagosError(code, message);
  };
}
