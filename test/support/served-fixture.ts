/** The window of a machine from `test/fixtures/devices`, served by this process. */
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createEndpoints } from '../../src/endpoints/create-endpoints.ts';
import { startServer } from '../../src/server/start-server.ts';
import { builtWithWindow } from './built-command.ts';
import { fixtureSources, readFixture } from './fixture-machine.ts';
import { temporaryFolder } from './temporary-folder.ts';

const root = fileURLToPath(new URL('../../', import.meta.url));
/** Interval in which the machine's tools write. */
const EVERY_MS = 1000;

export interface ServedFixture {
  /** With the token. */
  readonly link: string;
  readonly origin: string;
  close(): Promise<void>;
}

export async function serveFixture(name: string): Promise<ServedFixture> {
  await builtWithWindow();
  const folder = temporaryFolder();
  const machine = fixtureSources(readFixture(name));
  const application = await createEndpoints({
    resources: join(root, 'resources'),
    userFolder: folder.file('home'),
    lab: folder.file('lab.db'),
    workers: 2,
    host: 'server',
    version: '0.0.0',
    machine,
  });
  const telling = setInterval(() => machine.tell(), EVERY_MS);
  const server = await startServer({
    application: Promise.resolve(application),
    window: join(root, 'out/renderer'),
    host: '127.0.0.1',
    port: 0,
    token: 'a-token-of-this-test',
  });
  return {
    link: server.link,
    origin: new URL(server.link).origin,
    async close() {
      clearInterval(telling);
      await server.close();
      await application.close();
      machine.folder.remove();
      folder.remove();
    },
  };
}
