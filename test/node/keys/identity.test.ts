import { chmodSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { curveKeyPair } from 'zeromq';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { fromZ85 } from '../../../src/core/z85.ts';
import { readIdentity, rotateIdentity } from '../../../src/node/keys/identity.ts';
import { hexKeys, hostIdOf, keyPairOf, nodeIdOf } from '../../../src/node/keys/key-pair.ts';
import { LanFolder } from '../../../src/node/keys/lan-folder.ts';
import { curveKey } from '../../../src/transport/keys.ts';
import { noModes, skipIf } from '../../support/platform.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';
import type { TemporaryFolder } from '../../support/temporary-folder.ts';
import { TinyDisk, noTinyDisk } from '../../support/tiny-disk.ts';

const DAY = 24 * 3_600_000;

let home: TemporaryFolder;
let notes: string[];
const open = (): LanFolder => new LanFolder(home.path, (sentence) => notes.push(sentence));
const modeOf = (name: string): string =>
  (statSync(join(home.path, 'lan', name)).mode & 0o777).toString(8);

beforeEach(() => {
  home = temporaryFolder();
  notes = [];
});
afterEach(() => {
  home.remove();
});

describe('Identity: key pair', () => {
  it('stays the same once it was created', () => {
    const first = readIdentity(open());
    const second = readIdentity(open());
    expect(second).toEqual(first);
    expect(first.key).toHaveLength(32);
    expect(keyPairOf(first.secret).key).toEqual(first.key);
  });

  it('serves as a key pair of ZeroMQ', () => {
    const { publicKey, secretKey } = curveKeyPair();
    const pair = keyPairOf(Buffer.from(fromZ85(secretKey)!));
    const { publicKey: own, secretKey: secret } = hexKeys(pair);
    expect([curveKey(own), curveKey(secret)]).toEqual([publicKey, secretKey]);
  });

  it('names nodes and hosts by the SHA-256 of their keys', () => {
    const key = Buffer.alloc(32);
    expect(nodeIdOf(key)).toBe('nmzuhvlpymk');
    expect(hostIdOf(key)).toBe('mzuhvlpymk6xo3ep');
  });

  it('keeps former secrets for 30 days after a rotation', () => {
    const folder = open();
    const began = Date.UTC(2026, 0, 1);
    const first = readIdentity(folder, began);
    const second = rotateIdentity(folder, began);
    expect(second.key).not.toEqual(first.key);
    const keys = (now: number): Buffer[] => readIdentity(folder, now).former.map(({ key }) => key);
    expect(readIdentity(folder, began + DAY).key).toEqual(second.key);
    expect(keys(began + 30 * DAY - 1)).toEqual([first.key]);
    expect(keys(began + 30 * DAY)).toEqual([]);
  });

  it('never replaces a damaged file, and names the file and the field', () => {
    const folder = open();
    readIdentity(folder);
    const file = join(folder.path, 'identity.json');
    const damaged = readFileSync(file, 'utf8').replace(/[0-9a-f]{64}/, 'abc');
    writeFileSync(file, damaged);
    expect(() => readIdentity(folder)).toThrow(
      /identity\.json: secret: expected a secret key of 32 bytes in hex.*found "abc"/,
    );
    expect(() => rotateIdentity(folder)).toThrow(/identity\.json: secret/);
    expect(readFileSync(file, 'utf8')).toBe(damaged);
  });
});

describe('Folder of keys: permissions', () => {
  it('limits the folder and its files to their owner', (context) => {
    skipIf(noModes, context);
    readIdentity(open());
    expect([modeOf('.'), modeOf('identity.json')]).toEqual(['700', '600']);
    expect(notes).toEqual([]);
  });

  it('repairs a folder and a file that are open to others, and says so once', (context) => {
    skipIf(noModes, context);
    const folder = open();
    readIdentity(folder);
    chmodSync(folder.path, 0o755);
    chmodSync(join(folder.path, 'identity.json'), 0o644);
    readIdentity(open());
    readIdentity(open());
    expect([modeOf('.'), modeOf('identity.json')]).toEqual(['700', '600']);
    expect(notes).toEqual([
      `${folder.path} was open to other users (mode 755); access is now limited to you`,
      `${join(folder.path, 'identity.json')} was open to other users (mode 644); access is now limited to you`,
    ]);
  });

  it('refuses a folder of another user', (context) => {
    skipIf(noModes, context);
    const folder = join(home.path, 'lan');
    mkdirSync(folder);
    const getuid = process.getuid!;
    const other = getuid() + 1;
    process.getuid = () => other;
    try {
      expect(open).toThrow(/expected to belong to this user \(uid \d+\), found uid \d+\. Run/);
    } finally {
      process.getuid = getuid;
    }
  });
});

describe('Folder of keys: changes by several processes', () => {
  it('takes over the lock of a process that was killed', () => {
    const folder = open();
    // Above the greatest process id of every system.
    writeFileSync(join(folder.path, 'lock'), '99999999');
    expect(folder.exclusively(() => 'changed')).toBe('changed');
  });

  it('releases the lock after a change that failed', () => {
    const folder = open();
    const fail = (): never => {
      throw new Error('no change');
    };
    expect(() => folder.exclusively(fail)).toThrow('no change');
    expect(folder.exclusively(() => 'changed')).toBe('changed');
  });

  it('leaves no lock on a full disk', (context) => {
    skipIf(noTinyDisk, context);
    const disk = new TinyDisk(home.path, '64k');
    try {
      const folder = open();
      const filling = join(home.path, 'filling');
      expect(() => writeFileSync(filling, Buffer.alloc(128 * 1024))).toThrow('ENOSPC');
      expect(() => folder.exclusively(() => 'changed')).toThrow('the disk is full');
      rmSync(filling);
      expect(folder.exclusively(() => 'changed')).toBe('changed');
    } finally {
      disk.unmount();
    }
  });
});
