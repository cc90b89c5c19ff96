/** `galapagos cluster slurm`, with programs that stand in for those of Slurm. */
import { chmodSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Command } from 'commander';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { addCluster } from '../../src/cli/commands/cluster.ts';
import { LanFolder } from '../../src/node/keys/lan-folder.ts';
import { noteSharing } from '../../src/node/keys/sharing.ts';
import { Invitations } from '../../src/node/pairing/invitations.ts';
import { clusterOutput, clusterStatusOutput } from '../../src/protocol/cli-output-lab.ts';
import { runProgram } from '../../src/runtime/run-program.ts';
import type { RunProgram } from '../../src/runtime/run-program.ts';
import { openLab } from '../../src/storage/sqlite.ts';
import { cliContext } from '../support/cli-context.ts';
import { createStudy, UID } from '../support/lab-writes.ts';
import { noModes, skipIf } from '../support/platform.ts';
import { StandIns } from '../support/stand-in-programs.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import type { TemporaryFolder } from '../support/temporary-folder.ts';

describe('Command line: cluster slurm', () => {
  let folder: TemporaryFolder;
  let programs: StandIns;
  beforeEach((context) => {
    skipIf(noModes, context);
    folder = temporaryFolder();
    programs = new StandIns(folder.file('bin'));
    vi.stubEnv('PATH', programs.path);
    programs.add('squeue', { stdout: '4711_1|RUNNING|node7\n4711_2|PENDING|(Priority)\n' });
    programs.add('scancel');
    // Keeps the script that it reads.
    const sbatch = join(folder.file('bin'), 'sbatch');
    writeFileSync(
      sbatch,
      `#!/bin/sh\necho "sbatch $*" >>'${folder.file('bin')}/calls'\ncat >'${folder.file('script')}'\necho 4711\n`,
    );
    chmodSync(sbatch, 0o755);
  });
  afterEach(() => {
    vi.unstubAllEnvs();
    if (noModes === null) folder.remove();
  });

  const home = (): string => folder.file('data');
  const lan = (): LanFolder => new LanFolder(home());

  async function cli(args: readonly string[], run: RunProgram = runProgram): Promise<string> {
    const context = cliContext(folder.path, { GALAPAGOS_HOME: home() });
    const program = new Command('galapagos').exitOverride();
    addCluster(program, context, undefined, { run, everyMs: 1 });
    await program.parseAsync(['cluster', 'slurm', ...args], { from: 'user' });
    return context.printed();
  }

  /** Shares a lab with a running study, and returns a function that ends the study. */
  function share(): () => void {
    noteSharing(lan(), { port: 47_800, lab: 'lab.db' });
    const file = folder.file('lab.db');
    const lab = openLab(file, { create: true });
    lab.commit([[createStudy()]]);
    lab.close();
    return () => {
      const again = openLab(file, { create: false });
      again.commit([[{ op: 'studyState', uid: UID, state: 'finished', reason: 'trials' }]]);
      again.close();
    };
  }

  it('prints a script with the options of sbatch, as it would submit it', async () => {
    const script = await cli(['--nodes', '3', '--print', '--', '--partition=gpu', '-J', 'a b']);
    expect(script.split('\n')).toContain("#SBATCH --partition=gpu -J 'a b'");
  });

  it('prints a script that any Slurm accepts, without an invitation in it', async () => {
    const script = await cli(['--nodes', '3', '--print', '--command', 'galapagos']);
    expect(script).toMatchInlineSnapshot(`
      "#!/bin/sh
      #SBATCH --job-name=galapagos
      #SBATCH --array=1-3
      #SBATCH --requeue
      #SBATCH --open-mode=append
      # The warning goes to the batch shell, which the node replaces; the node then drains.
      #SBATCH --signal=B:TERM@60
      # Set before you submit this: export GALAPAGOS_INVITATION=galapagos-join:…
      task=$SLURM_ARRAY_JOB_ID-$SLURM_ARRAY_TASK_ID
      GALAPAGOS_HOME=\${SLURM_TMPDIR:-\${TMPDIR:-/tmp}}/galapagos-$task
      mkdir -p -m 700 "$GALAPAGOS_HOME" || exit 1
      export GALAPAGOS_HOME
      exec galapagos node --ephemeral --name "$task" --drain-grace 50s
      "
    `);
    expect(programs.calls()).toEqual([]);
  });

  it('submits an array whose nodes have an invitation of their own', async () => {
    share();
    const options = ['--partition=gpu', '-c', '4'];
    const said = await cli(['--nodes', '2', '--detach', '--address', '10.0.0.5', '--', ...options]);
    expect(said).toBe('submitted array 4711 with 2 nodes\n');
    expect(programs.calls()).toEqual(['sbatch --parsable --partition=gpu -c 4']);
    const script = readFileSync(folder.file('script'), 'utf8');
    expect(script).toMatch(/^export GALAPAGOS_INVITATION=galapagos-join:\w+$/m);
    expect(script).toContain('#SBATCH --array=1-2\n');
    const [invitation] = new Invitations(lan()).list();
    // A requeued task joins with a new key.
    expect(invitation).toMatchObject({ uses: 20, ephemeral: true, revoked: null });
  });

  it('shows the tasks and cancels the array once the study has finished', async () => {
    const finish = share();
    let looks = 0;
    const said = await cli(['--nodes', '2', '--json'], async (command, input) => {
      if (command[0] === 'squeue' && (looks += 1) === 3) finish();
      return runProgram(command, input);
    });
    const events = said
      .trim()
      .split('\n')
      .map((line) => clusterOutput.parse(JSON.parse(line)));
    expect(events).toEqual([
      { event: 'submitted', job: '4711', nodes: 2 },
      {
        event: 'tasks',
        job: '4711',
        tasks: [
          { id: '4711_1', state: 'RUNNING', where: 'node7' },
          { id: '4711_2', state: 'PENDING', where: '(Priority)' },
        ],
      },
      { event: 'cancelled', job: '4711', reason: 'study' },
    ]);
    expect(programs.calls().at(-1)).toBe('scancel 4711');
    const invitations = new Invitations(lan());
    expect(invitations.list().map((each) => invitations.stateOf(each))).toEqual(['revoked']);
  });

  it('ends when all tasks have ended', async () => {
    share();
    programs.add('squeue', { code: 1, stderr: 'slurm_load_jobs error: Invalid job id specified' });
    expect(await cli(['--nodes', '2'])).toContain('array 4711: all tasks have ended');
  });

  it('keeps following while squeue fails', async () => {
    share();
    let failures = 3;
    const said = await cli(['--nodes', '2'], (command, input) => {
      if (command[0] !== 'squeue') return runProgram(command, input);
      failures -= 1;
      const code = failures >= 0 ? 1 : 0;
      return Promise.resolve({ code, stdout: '', stderr: 'Socket timed out' });
    });
    expect(failures).toBe(-1);
    expect(said).toContain('all tasks have ended');
  });

  it('lists submitted arrays and cancels them', async () => {
    share();
    await cli(['--nodes', '2', '--detach']);
    const listed = clusterStatusOutput.parse(JSON.parse(await cli(['status', '--json'])));
    expect(listed.arrays).toMatchObject([{ job: '4711', nodes: 2, tasks: [{}, {}] }]);
    await expect(cli(['cancel', '12'])).rejects.toThrow('no array 12 was submitted from here');
    expect(await cli(['cancel'])).toBe('cancelled array 4711\n');
    expect(await cli(['status'])).toBe('no array has tasks\n');
  });

  it('reports what sbatch said when it refuses', async () => {
    share();
    programs.add('sbatch', { code: 1, stderr: 'sbatch: error: invalid partition specified: x\n' });
    await expect(cli(['--nodes', '2', '--', '-p', 'x'])).rejects.toThrow(
      'sbatch --parsable -p x exited with status 1: sbatch: error: invalid partition specified: x',
    );
    // An invitation that no node can use would stay open for days.
    const invitations = new Invitations(lan());
    expect(invitations.list().map((each) => invitations.stateOf(each))).toEqual(['revoked']);
  });

  it('refuses to submit nodes for a lab that is not shared', async () => {
    await expect(cli(['--nodes', '2', '--detach'])).rejects.toThrow('no lab is shared');
    await expect(cli(['--detach'])).rejects.toThrow('expected --nodes <count>, found none');
    expect(programs.calls()).toEqual([]);
  });

  it('reports that no lab is shared before it looks for the lab file', async () => {
    await expect(cli(['--nodes', '2'])).rejects.toThrow('no lab is shared');
    // A named invitation needs no shared lab here, so then the file is what is missing.
    await expect(cli(['--nodes', '2', '--join', 'galapagos-join:x'])).rejects.toThrow(
      'there is no such lab file',
    );
    expect(programs.calls()).toEqual([]);
  });
});
