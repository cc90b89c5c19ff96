/** Trials of programs on other machines: a host and nodes on loopback, each with a user folder. */
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  realpathSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join, relative, sep } from 'node:path';
import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { readLab } from '../../src/storage/read-lab.ts';
import { built, start } from '../support/built-command.ts';
import { writeTree } from '../support/file-tree.ts';
import { Programs } from '../support/json-program.ts';
import type { Line, Program } from '../support/json-program.ts';
import type { TemporaryFolder } from '../support/temporary-folder.ts';

const NOT_PERMITTED =
  'this node does not run programs of other machines; on it: galapagos node --allow-commands';

beforeAll(built, 300_000);

let folder: TemporaryFolder;
let programs: Programs;
beforeEach(() => {
  programs = new Programs();
  ({ folder } = programs);
});
afterEach(() => programs.close());

function project(command: readonly string[], trials: number, files: Record<string, string>): void {
  const study = {
    format: 'galapagos-study/1',
    name: 'mine',
    objective: { kind: 'command', command, result: { stdout: 'loss: (.*)' } },
    direction: 'minimize',
    searchSpace: { x: { type: 'float', low: -5, high: 5 } },
    sampler: { name: 'random' },
    stop: { trials },
    seed: 3,
  };
  mkdirSync(folder.file('project'));
  writeTree(folder.file('project'), { 'study.json': JSON.stringify(study), ...files });
}

/** Starts the study on a host. */
function host(workers: number, variables: Record<string, string> = {}, lab = 'lab.db'): Program {
  const shared = ['--share', '--lab-port', '0', '--lab', lab];
  const args = ['run', 'project/study.json', '--workers', String(workers), ...shared];
  return programs.launch(args, 'host', variables);
}

function atHost(...args: string[]) {
  return start(args, folder.path, undefined, { GALAPAGOS_HOME: folder.file('host') }).ended;
}

async function invitation(): Promise<string> {
  const { stdout } = await atHost('invite', '--json');
  return (JSON.parse(stdout) as { invitation: string }).invitation;
}

async function node(
  name: string,
  variables: Record<string, string>,
  ...more: string[]
): Promise<Program> {
  const args = ['node', '--workers', '2', '--name', name, '--join', await invitation(), ...more];
  return programs.launch(args, name, variables);
}

/** Paths of the files below a folder of a machine's user folder. */
function filesIn(home: string, name: string): string[] {
  const place = join(folder.file(home), name);
  if (!existsSync(place)) return [];
  return readdirSync(place, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name));
}

/** Waits until the host lists this reason for not working with the code on a node. */
async function lacksAtHost(name: string, reason: string): Promise<void> {
  const listed = async (): Promise<Line[]> =>
    (JSON.parse((await atHost('nodes', '--json')).stdout) as { nodes: Line[] }).nodes;
  await expect
    .poll(async () => (await listed()).find((each) => each['name'] === name)?.['datasets'], {
      timeout: 120_000,
    })
    .toMatchObject([{ name: 'code of project', state: 'failed', error: reason }]);
  expect((await atHost('nodes', 'show', name)).stdout).toContain(
    `lacks code of project: ${reason}`,
  );
}

function ends(program: Program): Line[] {
  return program.all('trialEnded');
}

function trialsOf() {
  const reader = readLab(folder.file('lab.db'));
  try {
    return [...reader.trials('mine')];
  } finally {
    reader.close();
  }
}

const fetched = (home: string): string[] => {
  const place = join(folder.file(home), 'snapshots', 'fetched');
  return existsSync(place) ? readdirSync(place) : [];
};

describe('A shared lab: programs on other machines', () => {
  it('run only on nodes whose owner permits it, in the files of the start of the study', async () => {
    project(['sh', 'train.sh'], 12, {
      'train.sh': 'echo "trial $GALAPAGOS_TRIAL"; echo "loss: $(cat value)"',
      value: '1',
    });
    const running = host(0);
    await running.next('shared');
    writeFileSync(folder.file('project/value'), '2');
    writeFileSync(folder.file('project/train.sh'), 'exit 1');
    const refusing = await node('REFUSING', {});
    await refusing.next('note', { text: `code of project: ${NOT_PERMITTED}` });
    await lacksAtHost('REFUSING', NOT_PERMITTED);
    const told = running.all('node').map(({ text }) => text);
    expect(told).toContain(`REFUSING lacks code of project: ${NOT_PERMITTED}`);
    expect(fetched('REFUSING')).toEqual([]);
    expect(ends(running)).toEqual([]);

    const willing = await node('WILLING', {}, '--allow-commands');
    const { node: id } = await willing.next('joined');
    expect(await running.exitCode()).toBe(0);
    expect(ends(running)).toHaveLength(12);
    for (const { slot } of ends(running)) expect(String(slot).split('/')[0]).toBe(id);
    expect(trialsOf().map(({ value }) => value)).toEqual(Array(12).fill(1));
    expect(fetched('WILLING')).toHaveLength(1);
    expect(fetched('REFUSING')).toEqual([]);

    const { stdout, stderr } = await atHost('logs', 'mine', '7', '--lab', 'lab.db');
    expect({ stdout, stderr }).toEqual({ stdout: 'trial 7\nloss: 1', stderr: '' });
    expect(filesIn('WILLING', 'output')).toEqual([]);
    expect(filesIn('WILLING', 'output-of-labs')).toEqual([]);
  });

  it('show at the host what they print while they run, and leave the best checkpoint there', async () => {
    project(['sh', 'train.sh', '{x}'], 4, {
      'train.sh': [
        'echo "started $GALAPAGOS_TRIAL"',
        'echo "$1" > "$GALAPAGOS_CHECKPOINT_DIR/x"',
        'while [ ! -e "$HOME/go" ]; do sleep 0.05; done',
        'echo "loss: $1"',
      ].join('\n'),
    });
    const running = host(0);
    await running.next('shared');
    const home = folder.file('home');
    mkdirSync(home);
    const willing = await node('WILLING', { HOME: home }, '--allow-commands');
    const logs = async () => (await atHost('logs', 'mine', '0', '--lab', 'lab.db')).stdout;
    await expect.poll(logs, { timeout: 120_000 }).toBe('started 0');
    writeFileSync(join(home, 'go'), '');
    await running.next('finished');
    const best = trialsOf().reduce((a, b) => ((a.value ?? 0) < (b.value ?? 0) ? a : b)).number;
    await expect
      .poll(() => filesIn('WILLING', 'checkpoints'), { timeout: 60_000 })
      .toEqual([expect.stringMatching(new RegExp(`/${best}/x$`)) as string]);
    expect(await running.exitCode()).toBe(0);
    willing.kill('SIGTERM');
    await willing.exitCode();
  });

  it('leave no files on a node that links after their study was removed from its lab', async () => {
    const files = { 'train.sh': 'date > "$GALAPAGOS_CHECKPOINT_DIR/x"; echo "loss: $1"' };
    project(['sh', 'train.sh', '{x}'], 4, files);
    /** Runs the study, named anew, by one worker of the node. @returns its snapshot */
    const play = async (name: string, lab: string): Promise<string> => {
      writeFileSync(folder.file('project/version'), name);
      const study = readFileSync(folder.file('project/study.json'), 'utf8');
      const renamed = study.replace(/"name":"[^"]*"/, `"name":"${name}"`);
      writeFileSync(folder.file('project/study.json'), renamed);
      const known = fetched('WILLING');
      const running = host(0, {}, lab);
      await running.next('shared');
      const willing = await node('WILLING', {}, '--allow-commands');
      expect(await running.exitCode()).toBe(0);
      willing.kill('SIGTERM');
      await willing.exitCode();
      return fetched('WILLING').find((code) => !known.includes(code)) ?? '';
    };
    const studyOf = (path: string): string => relative(folder.file('WILLING'), path).split(sep)[1]!;
    const kept = (): string[] => [...new Set(filesIn('WILLING', 'checkpoints').map(studyOf))];

    const code = await play('mine', 'lab.db');
    const [mine] = kept();
    expect(mine).toBeDefined();
    expect((await atHost('studies', 'delete', 'mine', '--lab', 'lab.db')).code).toBe(0);
    expect((await atHost('studies', 'remove', 'mine', '--lab', 'lab.db')).code).toBe(0);
    await play('elsewhere', 'other.db');
    expect(kept()).toContain(mine);
    expect(fetched('WILLING')).toContain(code);
    await play('next', 'lab.db');
    expect(kept()).not.toContain(mine);
    expect(kept()).toHaveLength(2);
    expect(fetched('WILLING')).not.toContain(code);
    expect(fetched('WILLING')).toHaveLength(2);
  });

  it('keep the permission for this host until the owner takes it back', async () => {
    project(['sh', 'train.sh'], 100_000, { 'train.sh': 'echo "loss: 1"' });
    const running = host(0);
    await running.next('shared');
    const first = await node('PIXEL', {}, '--allow-commands');
    await expect.poll(() => ends(running).length, { timeout: 120_000 }).toBeGreaterThan(0);
    first.kill('SIGTERM');
    expect(await first.exitCode()).toBe(0);
    const before = ends(running).length;
    const second = programs.launch(['node', '--workers', '1'], 'PIXEL');
    await expect.poll(() => ends(running).length, { timeout: 120_000 }).toBeGreaterThan(before);
    second.kill('SIGTERM');
    expect(await second.exitCode()).toBe(0);
    const third = programs.launch(['node', '--workers', '1', '--no-allow-commands'], 'PIXEL');
    await third.next('note', { text: `code of project: ${NOT_PERMITTED}` });
    await lacksAtHost('PIXEL', NOT_PERMITTED);
    expect(existsSync(join(folder.file('PIXEL'), 'lan', 'programs.json'))).toBe(false);
    running.kill('SIGINT');
    await running.exitCode();
  });

  it('have their packages compared with those of the host, where the owner permits programs', async () => {
    project(['python3', 'train.py'], 100_000, { 'train.py': 'import os, torch\nimport numpy\n' });
    /** Returns variables for a machine whose `python3` reports these versions. */
    const python = (name: string, version: string, packages: object) => {
      const known = JSON.stringify({ executable: 'python3', version, packages: '/' });
      const found = JSON.stringify({ python: version, packages });
      const script = [
        '#!/bin/sh',
        `pwd >> '${folder.file(`${name}.log`)}'`,
        'case "$2" in',
        `  *packages_distributions*) [ "$3 $4 $5" = "numpy os torch" ] && echo '${found}' ;;`,
        `  *purelib*) echo '${known}' ;;`,
        '  *) echo "loss: 1" ;;',
        'esac',
      ];
      mkdirSync(folder.file(`bin-${name}`));
      writeFileSync(folder.file(`bin-${name}/python3`), `${script.join('\n')}\n`);
      chmodSync(folder.file(`bin-${name}/python3`), 0o755);
      const path = [folder.file(`bin-${name}`), process.env['PATH'] ?? ''].join(delimiter);
      return { PATH: path, VIRTUAL_ENV: '', CONDA_PREFIX: '' };
    };
    const own = python('host', '3.12.1', { numpy: '2.0', torch: '2.4.1' });
    const running = host(0, own);
    await running.next('shared');
    const allow = '--allow-commands';
    const others = { numpy: null, torch: '2.3.0' };
    await node('OTHER', python('OTHER', '3.11.2', others), allow);
    const differences = 'Python 3.11.2 (here 3.12.1); numpy is missing; torch 2.3.0 (here 2.4.1)';
    const { name } = await running.next('node', {
      text: `OTHER has other packages for mine: ${differences}`,
    });
    expect(name).toBe('OTHER');
    const same = python('SAME', '3.12.1', { numpy: '2.0', torch: '2.4.1' });
    // Machines are listed in the order in which they were admitted.
    await (await node('SAME', same, allow)).next('joined');
    await node('REFUSING', python('REFUSING', '3.11.2', others));
    await lacksAtHost('REFUSING', NOT_PERMITTED);

    const machines = async () => {
      const variables = { GALAPAGOS_HOME: folder.file('host'), ...own };
      const args = ['doctor', 'project/study.json', '--json'];
      const { stdout } = await start(args, folder.path, undefined, variables).ended;
      const { checks } = JSON.parse(stdout) as { checks: Line[] };
      return checks
        .filter((each) => ['OTHER', 'SAME', 'REFUSING'].includes(String(each['name'])))
        .map((each) => [each['name'], each['state'], each['found']].join(': '));
    };
    await expect
      .poll(machines, { timeout: 120_000 })
      .toEqual([
        `OTHER: optional: ${differences}`,
        'SAME: ok: same Python and packages',
        `REFUSING: optional: unknown: ${NOT_PERMITTED}`,
      ]);
    expect(existsSync(folder.file('REFUSING.log'))).toBe(false);
    // Python would import what another user has put there.
    const askedIn = readFileSync(folder.file('SAME.log'), 'utf8').split('\n');
    expect(askedIn).not.toContain(realpathSync(tmpdir()));
    expect(running.all('node').filter(({ text }) => String(text).startsWith('SAME has'))).toEqual(
      [],
    );
    running.kill('SIGINT');
    await running.exitCode();
    expect(await machines()).toContain(`OTHER: optional: ${differences}`);
  });

  it('do not run on a node that lacks the program, with the reason, while others go on', async () => {
    project(['own-trainer', '{x}'], 100_000, {});
    const bin = folder.file('bin');
    mkdirSync(bin);
    writeFileSync(join(bin, 'own-trainer'), '#!/bin/sh\necho "loss: $1"\n');
    chmodSync(join(bin, 'own-trainer'), 0o755);
    const running = host(1, { PATH: `${bin}${delimiter}${process.env['PATH'] ?? ''}` });
    await running.next('shared');
    const lacking = await node('LACKING', {}, '--allow-commands');
    const reason = 'cannot start own-trainer here: found no program of this name on PATH';
    await lacking.next('note', { text: `code of project: ${reason}` });
    await lacksAtHost('LACKING', reason);
    const before = ends(running).length;
    await expect.poll(() => ends(running).length, { timeout: 120_000 }).toBeGreaterThan(before);
    running.kill('SIGINT');
    await running.exitCode();
    for (const { slot } of ends(running)) expect(String(slot)).toMatch(/^local\//);
  });
});
