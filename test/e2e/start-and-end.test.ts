/** The command as a user starts and ends it: starts that fail leave nothing behind, and every process ends when told. */
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { built, start } from '../support/built-command.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import type { TemporaryFolder } from '../support/temporary-folder.ts';

beforeAll(built);

let folder: TemporaryFolder;
beforeEach(() => {
  folder = temporaryFolder();
});
afterEach(() => folder.remove());

describe('Serve: failed starts', () => {
  it('ends with the reason and creates no lab file when the user folder cannot be written', async () => {
    writeFileSync(folder.file('file'), '');
    const home = folder.file('file/home');
    const { ended } = start(['serve', '--port', '0', '--workers', '1'], folder.path, undefined, { GALAPAGOS_HOME: home });
    const { code, stderr } = await ended;
    expect(code).toBe(1);
    expect(stderr).toContain(`user folder ${home}: expected a folder that can be written`);
    expect(stderr).toContain('GALAPAGOS_HOME');
    expect(existsSync(folder.file('lab.db'))).toBe(false);
  });

  it('ends when a later step fails, with the lab file closed', async () => {
    // The uploads' folder is created after the lab was opened.
    const home = folder.file('home');
    const blocked = folder.file('home/uploads');
    mkdirSync(home);
    writeFileSync(blocked, '');
    const { code, stderr } = await start(['serve', '--port', '0', '--workers', '1'], folder.path, undefined, { GALAPAGOS_HOME: home })
      .ended;
    expect(code).toBe(1);
    expect(stderr).toContain(blocked);
    expect(existsSync(folder.file('lab.db'))).toBe(true);
    expect(existsSync(folder.file('lab.db-wal'))).toBe(false);
  });

  it('creates no lab file when the port is taken', async () => {
    const other = createServer();
    await new Promise<void>((listening) => other.listen(0, '127.0.0.1', listening));
    const { port } = other.address() as AddressInfo;
    const { code, stderr } = await start(['serve', '--port', String(port)], folder.path).ended;
    other.close();
    expect(code).toBe(1);
    expect(stderr).toContain(`port ${port}`);
    expect(existsSync(folder.file('lab.db'))).toBe(false);
  });
});
