/** Tests that edits of a project folder do not change a study that has started. */
import {
  existsSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  renameSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { showOutput } from '../../src/protocol/cli-output.ts';
import { readLab } from '../../src/storage/read-lab.ts';
import { built, start } from '../support/built-command.ts';
import { writeTree } from '../support/file-tree.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import type { TemporaryFolder } from '../support/temporary-folder.ts';

beforeAll(built);

describe('Studies of programs: the snapshot of the project folder', () => {
  let folder: TemporaryFolder;
  let project: string;
  let home: string;
  beforeEach(() => {
    folder = temporaryFolder();
    project = join(folder.path, "projet' é");
    home = join(folder.path, 'home');
    mkdirSync(project);
  });
  afterEach(() => folder.remove());

  function write(script: string, more: Readonly<Record<string, string>> = {}): void {
    const objective = { kind: 'command', command: ['sh', 'src/train.sh'] };
    const study = {
      format: 'galapagos-study/1',
      name: 'mine',
      objective: { ...objective, result: { stdout: 'loss: (.*)' } },
      direction: 'minimize',
      searchSpace: { x: { type: 'float', low: -5, high: 5 } },
      sampler: { name: 'random' },
      stop: { trials: 3 },
      seed: 3,
    };
    writeTree(project, { 'study.json': JSON.stringify(study), 'src/train.sh': script, ...more });
  }

  const galapagos = (args: readonly string[], cwd = folder.path) =>
    start([...args, '--lab', join(folder.path, 'lab.db')], cwd, undefined, {
      GALAPAGOS_HOME: home,
    }).ended;
  const run = (...more: readonly string[]) =>
    galapagos(['run', join(project, 'study.json'), '--workers', '2', ...more]);

  function values(): (number | null)[] {
    const reader = readLab(join(folder.path, 'lab.db'));
    try {
      return [...reader.trials('mine')].map(({ value }) => value);
    } finally {
      reader.close();
    }
  }

  const snapshots = (): string[] =>
    existsSync(join(home, 'snapshots'))
      ? readdirSync(join(home, 'snapshots')).filter((name) => name !== 'fetched')
      : [];

  async function shown() {
    return showOutput.parse(JSON.parse((await galapagos(['show', 'mine', '--json'])).stdout));
  }

  it('keeps a study as it was when it started, whatever its programs and its user edit', async () => {
    write(
      `cat data/offset >&2
       echo "loss: $(cat value)$(cat data/offset)"
       echo 7 > value; rm src/train.sh; echo x > added; test -e second && exit 3; touch second
       echo 8 > "$GALAPAGOS_PROJECT/value"; echo exit 1 > "$GALAPAGOS_PROJECT/src/train.sh"`,
      { value: '1', '.gitignore': 'data/', 'data/offset': '5' },
    );
    const { code, stdout, stderr } = await run();
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toMatch(/trials run a copy of .*: 4 files.*links to that folder.*: data/);
    expect(values()).toEqual([15, 15, 15]);
    expect(existsSync(join(project, 'added'))).toBe(false);
    const { code: kept } = await shown();
    expect(snapshots()).toEqual([kept?.snapshot]);
    expect(kept?.differences).toEqual([
      expect.stringMatching(/has changed since the study started \(src\/train\.sh, value\)/),
    ]);
  });

  it('resumes in the same snapshot where the folder has changed or is gone, and says so', async () => {
    write('echo "loss: 1"');
    expect((await run('--trials', '2')).code).toBe(0);
    expect((await shown()).code?.differences).toEqual([]);
    write('echo "loss: 2"');
    const changed = await run('--resume', '--trials', '4');
    expect(changed.stdout).toContain('has changed since the study started (src/train.sh)');
    renameSync(project, `${project}.old`);
    const gone = await galapagos(['run', 'mine', '--resume', '--trials', '6', '--workers', '2']);
    expect(gone.stdout).toMatch(/projet' é is gone; trials run the copy [0-9a-f]{12} of when/);
    expect(values()).toEqual([1, 1, 1, 1, 1, 1]);
  });

  it('does not keep files of the working folder, which the output says, but those of {checkpointDir}', async () => {
    write('echo a > model; echo b > "$1/weights"; echo "loss: $2"', { model: '' });
    const file = join(project, 'study.json');
    const study = JSON.parse(readFileSync(file, 'utf8')) as { objective: { command: string[] } };
    study.objective.command.push('{checkpointDir}', '{x}');
    writeFileSync(file, JSON.stringify(study));
    const { code, stdout } = await run();
    expect(code).toBe(0);
    const [, kept = ''] = /^It kept files in (.*)\.$/m.exec(stdout) ?? [];
    expect(readdirSync(kept)).toEqual(['weights']);
    const output = showOutput.parse(
      JSON.parse((await galapagos(['show', 'mine', '--json'])).stdout),
    );
    expect(output.checkpoints).toBe(kept);
    expect((await galapagos(['best', 'mine'])).stdout).toContain(`It kept files in ${kept}.`);
    const logs = await Promise.all(
      ['0', '1', '2'].map((each) => galapagos(['logs', 'mine', each])),
    );
    // Each worker says it once.
    const said = logs.filter((each) => each.stdout.includes('project folder: model; write'));
    expect(said.length).toBeGreaterThan(0);
    expect(said.length).toBeLessThan(3);
  });

  it('is shared by studies of equal folders, and deleted with the last of them', async () => {
    write('echo "loss: 1"; echo a > "$GALAPAGOS_CHECKPOINT_DIR/a"');
    await run();
    await run();
    expect(snapshots()).toHaveLength(1);
    for (const name of ['mine', 'mine-2']) {
      expect(snapshots()).toHaveLength(1);
      expect((await galapagos(['studies', 'delete', name])).code).toBe(0);
      expect((await galapagos(['studies', 'remove', name])).code).toBe(0);
    }
    expect(snapshots()).toEqual([]);
    for (const kept of ['output', 'checkpoints', 'runs'])
      await expect.poll(() => readdirSync(join(home, kept))).toEqual([]);
  });

  it('is refused before a lab file is created where the folder is too large', async () => {
    write('echo "loss: 1"');
    writeFileSync(join(project, 'weights.bin'), Buffer.alloc(201e6));
    const { code, stderr } = await run();
    expect(code).toBe(2);
    expect(stderr).toMatch(/at most 200 MB.*found 201 MB, most of it in weights\.bin \(201 MB\)/);
    expect(existsSync(join(folder.path, 'lab.db'))).toBe(false);
    writeFileSync(join(project, '.galapagosignore'), 'weights.bin\n');
    expect((await run()).code).toBe(0);
  });
});
