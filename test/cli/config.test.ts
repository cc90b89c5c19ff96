/** Tests `galapagos config`, and the line by which `best` runs a trial again with its file. */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { runCli } from '../../src/cli/program.ts';
import { configOutput } from '../../src/protocol/script-output.ts';
import { openLab } from '../../src/storage/sqlite.ts';
import { cliContext } from '../support/cli-context.ts';
import { createStudy, propose, spec, start, succeed } from '../support/lab-writes.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const CONFIG = '# mine\nlearningRate: 0.1 # tuned\nunits: 64\n';

let folder: string;
let project: string;
beforeEach(() => {
  const temporary = temporaryFolder();
  onTestFinished(() => temporary.remove());
  folder = temporary.path;
  project = join(folder, 'project');
  mkdirSync(project);
  writeFileSync(join(project, 'c.yaml'), CONFIG);
  const lab = openLab(join(folder, 'lab.db'), { create: true });
  const command = ['sh', 'train.sh', '{config}'];
  const objective = { kind: 'command', command, folder: project, config: { file: 'c.yaml' } };
  const uid = 'b2a1f0de-0000-4000-8000-000000000001';
  lab.commit([
    [createStudy()],
    [createStudy(uid, { ...spec, name: 'mine', objective })],
    [propose(0, uid)],
    [start(0, 1, uid)],
    succeed(0, 0, 0.5, uid),
    [propose(1, uid)],
  ]);
  lab.close();
});

async function cli(...args: string[]): Promise<{ code: number; text: string }> {
  const { streams, printed } = cliContext(folder, {});
  const code = await runCli(args, streams, { runStudy: () => Promise.resolve(0) });
  return { code, text: printed() };
}

const best = CONFIG.replace('0.1', '0.00001').replace('64', '16');

describe('Command line: config', () => {
  it('prints the file with the values of the best trial, or of another', async () => {
    expect(await cli('config', 'mine')).toEqual({ code: 0, text: best });
    expect((await cli('config', 'mine', '1')).text).toBe(
      CONFIG.replace('0.1', '0.00002').replace('64', '32'),
    );
    const { text } = await cli('config', 'mine', '--json');
    expect(configOutput.parse(JSON.parse(text))).toEqual({
      ...{ study: 'mine', trial: 0, config: 'c.yaml', text: best },
    });
  });

  it('writes a file, replaces none without being asked to, and keeps the one that it replaces', async () => {
    const file = join(project, 'c.yaml');
    const written = () => readFileSync(file, 'utf8');
    expect(await cli('config', 'mine', '--output', 'new.yaml')).toEqual({
      code: 0,
      text: 'Wrote new.yaml: c.yaml with the values of trial 0.\n',
    });
    expect(readFileSync(join(folder, 'new.yaml'), 'utf8')).toBe(best);
    expect((await cli('config', 'mine', '--output', 'new.yaml')).text).toContain('Unchanged new.');
    const refused = await cli('config', 'mine', '--output', file);
    expect(refused).toMatchObject({ code: 1 });
    expect(refused.text).toMatch(/exists and is not overwritten.*--replace/);
    expect(written()).toBe(CONFIG);
    expect((await cli('config', 'mine', '--output', file, '--replace')).code).toBe(0);
    expect(written()).toBe(best);
    expect(readFileSync(`${file}.bak`, 'utf8')).toBe(CONFIG);
    expect((await cli('config', 'mine', '1', '--output', file, '--replace')).text).toMatch(
      /c\.yaml\.bak exists and is not overwritten/,
    );
  });

  it('replaces no folder', async () => {
    const { code, text } = await cli('config', 'mine', '--output', project, '--replace');
    expect(code).toBe(1);
    expect(text).toMatch(/cannot write .*project: a folder with that name exists/);
    expect(readFileSync(join(project, 'c.yaml'), 'utf8')).toBe(CONFIG);
  });

  it('says why there is no file', async () => {
    expect(await cli('config', spec.name)).toMatchObject({
      code: 2,
      text: expect.stringContaining('has a value yet') as string,
    });
    expect((await cli('config', spec.name, '0')).text).toContain('has no trial 0');
    expect((await cli('config', 'mine', '9')).text).toContain('mine has no trial 9');
    writeFileSync(join(project, 'c.yaml'), 'a: [');
    const { code, text } = await cli('config', 'mine');
    expect(code).toBe(1);
    expect(text).toMatch(/cannot read the configuration file: .*line 1/);
  });

  it('is in the line by which best runs the trial again', async () => {
    const { text } = await cli('best', 'mine');
    const lab = join(folder, 'lab.db');
    expect(text).toContain(
      `galapagos config mine 0 --lab ${lab} --output ${project}/c.trial-0.yaml`,
    );
    expect(text).toContain(`&& cd ${project} && sh train.sh c.trial-0.yaml`);
    expect((await cli('show', 'mine')).text.replaceAll(/\s+/g, ' ')).toContain(
      'config mine 0 --lab',
    );
  });
});
