import { Readable, Writable } from 'node:stream';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { runCli } from '../../src/cli/program.ts';
import { readIdentity } from '../../src/node/keys/identity.ts';
import { LanFolder } from '../../src/node/keys/lan-folder.ts';
import { noteSharing } from '../../src/node/keys/sharing.ts';
import { sha256 } from '../../src/node/pairing/join.ts';
import {
  invitationsOutput,
  inviteOutput,
  keysOutput,
  nodesOutput,
} from '../../src/protocol/cli-output-lab.ts';
import type {
  InvitationsOutput,
  InviteOutput,
  KeysOutput,
} from '../../src/protocol/cli-output-lab.ts';
import { readInvitation } from '../../src/protocol/invitation.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import type { TemporaryFolder } from '../support/temporary-folder.ts';

let home: TemporaryFolder;
beforeEach(() => {
  home = temporaryFolder();
});
afterEach(() => {
  home.remove();
});

/** Runs a command line in this process, with a user folder of its own. */
async function cli(...args: string[]): Promise<{ code: number; out: string; err: string }> {
  const [out, err]: [string[], string[]] = [[], []];
  const write = (chunk: Buffer, _: unknown, done: () => void): void => {
    out.push(chunk.toString());
    done();
  };
  const streams = {
    stdin: Readable.from([]),
    stdout: Object.assign(new Writable({ write }), { columns: 80, rows: 24 }),
    stderr: { write: (text: string) => err.push(text) },
    env: { GALAPAGOS_HOME: home.path },
    cwd: home.path,
  };
  const code = await runCli(args, streams, { runStudy: () => Promise.resolve(0) });
  return { code, out: out.join(''), err: err.join('') };
}

const invited = async (...args: string[]): Promise<InviteOutput> =>
  inviteOutput.parse(JSON.parse((await cli('invite', ...args, '--json')).out));
const listed = async (...args: string[]): Promise<InvitationsOutput['invitations']> =>
  invitationsOutput.parse(JSON.parse((await cli('invite', ...args, '--json')).out)).invitations;
const keys = async (what: string): Promise<KeysOutput> =>
  keysOutput.parse(JSON.parse((await cli('keys', what, '--json')).out));

describe('Command line: invite', () => {
  it('prints the text of an invitation alone on its first line, and what to do with it', async () => {
    const { code, out } = await cli('invite', '--address', 'desk.local');
    const [text = ''] = out.split('\n');
    expect(code).toBe(0);
    expect(readInvitation(text, sha256)).toMatchObject({
      hostKey: new Uint8Array(readIdentity(new LanFolder(home.path)).key),
      port: 47_800,
      addresses: ['desk.local'],
      ephemeral: false,
    });
    expect(out).toContain('Admits one machine within 1 h. Keep it secret.');
    expect(out).toContain('galapagos node --join INVITATION');
    expect(out).toContain('No lab is shared from this machine now');
  });

  it('takes uses, duration, hosts with one port, and ephemeral nodes', async () => {
    const before = Date.now();
    const output = await invited(
      ...['--uses', '16', '--for', '2d', '--ephemeral', '--address', '10.0.0.1:7000,desk'],
    );
    expect(output).toMatchObject({
      uses: 16,
      ephemeral: true,
      addresses: ['10.0.0.1', 'desk'],
      port: 7000,
      shared: false,
    });
    const lasts = Date.parse(output.expires) - before;
    expect(Math.round(lasts / 3_600_000)).toBe(48);
    expect(readInvitation(output.invitation, sha256)).toMatchObject({
      port: 7000,
      addresses: ['10.0.0.1', 'desk'],
      ephemeral: true,
    });
  });

  it('names the port of the lab that is shared now', async () => {
    const end = noteSharing(new LanFolder(home.path), { port: 47_811, lab: 'vision' });
    expect(await invited()).toMatchObject({ port: 47_811, shared: true });
    end();
    expect(await invited()).toMatchObject({ port: 47_800, shared: false });
  });

  it.each([
    [['--uses', '1001'], '--uses: expected at most 1000, found 1001'],
    [['--uses', '0'], 'Expected an integer ≥ 1'],
    [['--for', '9m'], 'Expected a duration from 10 min to 7 d'],
    [['--for', '8d'], 'Expected a duration from 10 min to 7 d'],
    [['--for', 'hour'], 'such as 10m, 1h or 7d, found "hour"'],
    [['--address', 'a b'], 'expected a host like desk'],
    [['--address', 'a:1,b:2'], '--address: expected one port for all hosts, found 1, 2'],
    [['--address', 'a,b,c,d,e'], '--address: expected at most 4 hosts, found 5'],
    [['revoke', '0f3c1d2e4b5a6978'], 'expected the id of an open invitation (there is none)'],
  ])('refuses %j with what was expected, and changes nothing', async (args, sentence) => {
    const { code, err } = await cli('invite', ...args);
    expect(code).toBe(2);
    expect(err).toContain(sentence);
    expect(await listed('list')).toEqual([]);
  });

  it('lists invitations with their state, and revokes one or all', async () => {
    const [first, second, third] = [await invited(), await invited('--uses', '2'), await invited()];
    expect((await listed('revoke', first.id)).map(({ id, state }) => [id, state])).toEqual([
      [first.id, 'revoked'],
    ]);
    const states = async (): Promise<string[]> => (await listed('list')).map(({ state }) => state);
    expect(await states()).toEqual(['revoked', 'open', 'open']);
    expect((await listed('revoke', 'all')).map(({ id }) => id)).toEqual([second.id, third.id]);
    expect(await states()).toEqual(['revoked', 'revoked', 'revoked']);
    expect((await cli('invite', 'list')).out).toMatch(
      new RegExp(`^invitation +state +used +expires[^]*${second.id} +revoked +0 of 2 +20`),
    );
  });
});

describe('Command line: keys', () => {
  it('shows the same key each time, and the former one after a rotation', async () => {
    const first = await keys('show');
    expect(await keys('show')).toEqual(first);
    const second = await keys('rotate');
    expect(second.key).not.toBe(first.key);
    expect(second.former.map(({ key }) => key)).toEqual([first.key]);
    expect(await keys('show')).toEqual(second);
    const { out } = await cli('keys', 'show');
    expect(out).toContain(`fingerprint  ${second.fingerprint}`);
    expect(out).toMatch(new RegExp(`former key {3}${first.key}, counts until 20`));
  });

  it('never prints the secret', async () => {
    const secret = readIdentity(new LanFolder(home.path)).secret.toString('hex');
    for (const args of [['show'], ['show', '--json'], ['rotate'], ['rotate', '--json']])
      expect((await cli('keys', ...args)).out).not.toContain(secret);
  });
});

describe('Command line: nodes', () => {
  it.each(['nodes --json', 'nodes list --json', 'nodes --json list'])(
    'prints JSON for %s',
    async (line) => {
      const { out } = await cli(...line.split(' '));
      expect(nodesOutput.parse(JSON.parse(out))).toEqual({ nodes: [] });
    },
  );
});
