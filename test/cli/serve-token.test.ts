/** Tests the source of the token of `serve`, and who can read it. */
import { chmodSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { serveToken } from '../../src/cli/actions/serve-token.ts';
import type { TokenOptions } from '../../src/cli/actions/serve-token.ts';
import { noModes, skipIf } from '../support/platform.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import type { TemporaryFolder } from '../support/temporary-folder.ts';

let folder: TemporaryFolder;
let umask: number;
beforeEach(() => {
  folder = temporaryFolder();
  umask = process.umask(0);
});
afterEach(() => {
  process.umask(umask);
  folder.remove();
});

function tokenBy(options: TokenOptions, env: Readonly<Record<string, string>> = {}): string {
  return serveToken(options, {
    streams: { env, cwd: folder.path },
    userFolder: folder.file('home/user'),
  });
}
const kept = (): string => folder.file('home/user/serve-token');

describe('Server token: kept in the user folder', () => {
  it('is the same at every start', () => {
    const first = tokenBy({});
    expect(first).toMatch(/^[\w-]{22}$/);
    expect(tokenBy({})).toBe(first);
  });

  it('can be read by its owner only, in a folder of its owner only', (context) => {
    skipIf(noModes, context);
    tokenBy({});
    expect(statSync(kept()).mode & 0o777).toBe(0o600);
    expect(statSync(folder.file('home/user')).mode & 0o777).toBe(0o700);
  });

  it('is closed to other users where its file was open, and stays the same', (context) => {
    skipIf(noModes, context);
    const first = tokenBy({});
    chmodSync(kept(), 0o644);
    expect(tokenBy({})).toBe(first);
    expect(statSync(kept()).mode & 0o777).toBe(0o600);
  });

  it('is replaced by a new one on request, which is kept then', () => {
    const first = tokenBy({});
    const second = tokenBy({ newToken: true });
    expect(second).not.toBe(first);
    expect(tokenBy({})).toBe(second);
  });

  it('is refused by its file where it is damaged, with the way to renew it', () => {
    tokenBy({});
    writeFileSync(kept(), '');
    expect(() => tokenBy({})).toThrow(
      `${kept()}: expected a token of at least 8 characters, found 0; to replace it: galapagos serve --new-token`,
    );
    expect(tokenBy({ newToken: true })).toMatch(/^[\w-]{22}$/);
  });

  it('names the folder that cannot be created', () => {
    writeFileSync(folder.file('home'), 'a file in the way');
    expect(() => tokenBy({})).toThrow(
      `user folder ${folder.file('home/user')}: expected a folder that can be written`,
    );
  });
});

describe('Server token: given', () => {
  it('comes from a file or from the environment, the file first, and is not kept', () => {
    writeFileSync(folder.file('token'), 'of-the-file\n');
    expect(tokenBy({}, { GALAPAGOS_TOKEN: 'of-the-environment' })).toBe('of-the-environment');
    expect(tokenBy({ tokenFile: 'token' }, { GALAPAGOS_TOKEN: 'of-the-environment' })).toBe(
      'of-the-file',
    );
    expect(() => readFileSync(kept())).toThrow('ENOENT');
  });

  it('is refused on the command line, where every user of the machine can read it', () => {
    for (const token of ['a-secret-token', true]) {
      expect(() => tokenBy({ token })).toThrow(
        /^--token is not accepted, because every user .* GALAPAGOS_TOKEN or use --token-file FILE/,
      );
      expect(() => tokenBy({ token })).not.toThrow('a-secret-token');
    }
  });

  it.each([
    ['', 'at least 8 characters, found 0'],
    ['short', 'at least 8 characters, found 5'],
    ['eight chars', 'letters, digits, "_", "-", ".", "~", found other characters'],
    ['x'.repeat(513), 'at most 512 characters, found 513'],
  ])('is refused by its source when it is %j', (text, says) => {
    writeFileSync(folder.file('token'), text);
    expect(() => tokenBy({ tokenFile: 'token' })).toThrow(
      `--token-file token: expected a token of ${says}`,
    );
    if (text !== '')
      expect(() => tokenBy({}, { GALAPAGOS_TOKEN: text })).toThrow(
        `GALAPAGOS_TOKEN: expected a token of ${says}`,
      );
  });

  it('is refused by its file where that is missing or a folder', () => {
    expect(() => tokenBy({ tokenFile: 'gone' })).toThrow(
      `--token-file ${folder.file('gone')}: expected a file with the token, found nothing`,
    );
    mkdirSync(folder.file('token'));
    expect(() => tokenBy({ tokenFile: 'token' })).toThrow('EISDIR');
    rmSync(folder.file('token'), { recursive: true });
  });

  it('contradicts a request for a new one', () => {
    expect(() => tokenBy({ newToken: true }, { GALAPAGOS_TOKEN: 'of-the-environment' })).toThrow(
      '--new-token',
    );
  });
});
