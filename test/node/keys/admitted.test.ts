import { readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { AdmittedNodes, EPHEMERAL_MS } from '../../../src/node/keys/admitted.ts';
import type { NewNode } from '../../../src/node/keys/admitted.ts';
import { newKeyPair, nodeIdOf } from '../../../src/node/keys/key-pair.ts';
import { LanFolder } from '../../../src/node/keys/lan-folder.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';
import type { TemporaryFolder } from '../../support/temporary-folder.ts';

let home: TemporaryFolder;
let now = Date.UTC(2026, 0, 5);
let nodes: AdmittedNodes;
const open = (): AdmittedNodes => new AdmittedNodes(new LanFolder(home.path), () => now);
const fresh = (name: string, more: Partial<NewNode> = {}): NewNode => ({
  key: newKeyPair().key,
  name,
  by: 'digits',
  invitation: null,
  hostKey: newKeyPair().key,
  ephemeral: false,
  ...more,
});

beforeEach(() => {
  home = temporaryFolder();
  nodes = open();
});
afterEach(() => {
  home.remove();
});

describe('Admitted nodes', () => {
  it('are stored when the admission returns, for this user only', () => {
    const node = nodes.admit(fresh('PIXEL'));
    expect(open().list()).toEqual([node]);
    expect(node.id).toBe(nodeIdOf(Buffer.from(node.key, 'hex')));
    if (process.platform !== 'win32')
      expect(statSync(join(home.path, 'lan', 'nodes.json')).mode & 0o777).toBe(0o600);
  });

  it('keep their id and name when they are admitted again', () => {
    const { key } = newKeyPair();
    const first = nodes.admit(fresh('PIXEL', { key }));
    nodes.rename(first.id, 'left desk');
    const again = nodes.admit(fresh('PIXEL', { key }));
    expect(again).toMatchObject({ id: first.id, name: 'left desk' });
    expect(nodes.list()).toHaveLength(1);
  });

  it('have different names, by which they are found', () => {
    const [first, second] = [nodes.admit(fresh('PIXEL')), nodes.admit(fresh('PIXEL'))];
    expect(nodes.named('PIXEL')).toEqual(first);
    expect(nodes.named('pixel-2')).toEqual(second);
    expect(nodes.named(second.id)).toEqual(second);
    expect(() => nodes.rename(second.id, 'PIXEL')).toThrow(/named "PIXEL" already/);
    expect(() => nodes.rename(second.id, ' ')).toThrow(/expected 1 to 64 characters/);
    expect(() => nodes.rename('naaaaaaaaaa', 'X')).toThrow(/no node naaaaaaaaaa is admitted/);
  });

  it('do not return after a removal because a later message mentions them', () => {
    const node = nodes.admit(fresh('PIXEL'));
    expect(nodes.remove(node.id)).toEqual(node);
    nodes.seen(node.id);
    expect(open().list()).toEqual([]);
    expect(nodes.remove(node.id)).toBeUndefined();
  });

  it('keep the former key beside a new one until its time', () => {
    const node = nodes.admit(fresh('PIXEL'));
    const { key } = newKeyPair();
    const changed = nodes.rekey(node.id, key, now + 1000);
    expect(changed).toMatchObject({
      id: node.id,
      key: key.toString('hex'),
      formerKey: { key: node.key, until: new Date(now + 1000).toISOString() },
    });
    expect(nodes.byKey(key)).toEqual(changed);
    expect(nodes.rekey(node.id, key, now + 9000)).toEqual(changed);
  });

  it('are forgotten ten minutes after they left if they are ephemeral', () => {
    const stays = nodes.admit(fresh('desk'));
    const leaves = nodes.admit(fresh('job-1', { ephemeral: true }));
    const works = nodes.admit(fresh('job-2', { ephemeral: true }));
    now += EPHEMERAL_MS / 2;
    nodes.seen(leaves.id);
    now += EPHEMERAL_MS - 1;
    expect(nodes.forgetEphemeral(new Set([works.id]))).toEqual([]);
    now += 1;
    expect(nodes.forgetEphemeral(new Set([works.id])).map(({ id }) => id)).toEqual([leaves.id]);
    expect(open().list()).toEqual([stays, works]);
  });

  it('lose no change of two processes that change them in turn', () => {
    const other = open();
    for (let i = 0; i < 10; i += 1) (i % 2 === 0 ? nodes : other).admit(fresh(`node-${i}`));
    expect(open().list()).toHaveLength(10);
  });

  it('are reported to this process when another one changed them', async () => {
    let changes = 0;
    const end = nodes.watch(() => (changes += 1));
    try {
      open().admit(fresh('PIXEL'));
      await expect.poll(() => changes).toBeGreaterThan(0);
    } finally {
      end();
    }
  });

  it('are never replaced when their file is damaged; the error names the field', () => {
    nodes.admit(fresh('PIXEL'));
    const file = join(home.path, 'lan', 'nodes.json');
    const damaged = readFileSync(file, 'utf8').replace('"digits"', '"letter"');
    writeFileSync(file, damaged);
    expect(() => nodes.admit(fresh('OTHER'))).toThrow(
      /nodes\.json: nodes\[0\]\.by: expected one of "digits", "invitation", found "letter"/,
    );
    expect(readFileSync(file, 'utf8')).toBe(damaged);
  });
});
