/** Tests `galapagos edit`, in a lab that another program has open and in one that none has. */
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { runCli } from '../../src/cli/program.ts';
import { bestConfigs } from '../../src/protocol/best-configs.ts';
import { editOutput, showOutput } from '../../src/protocol/cli-output.ts';
import { readLab } from '../../src/storage/read-lab.ts';
import { openLab } from '../../src/storage/sqlite.ts';
import type { LabStorage } from '../../src/storage/storage.ts';
import { cliContext } from '../support/cli-context.ts';
import { UID, createStudy, propose, spec, start, succeed } from '../support/lab-writes.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import type { TemporaryFolder } from '../support/temporary-folder.ts';

let folder: TemporaryFolder;
let lab: LabStorage;
beforeEach(() => {
  folder = temporaryFolder();
  lab = openLab(folder.file('lab.db'), { create: true });
  lab.commit([[createStudy()], [propose(0)], [start(0)], succeed(0, 0, 0.5), [propose(1)]]);
});
afterEach(() => {
  lab.close();
  folder.remove();
});

function edit(...args: string[]): Promise<{ code: number; text: string }> {
  return cli('edit', ...args);
}

async function cli(...args: string[]): Promise<{ code: number; text: string }> {
  const { streams, printed } = cliContext(folder.path, {});
  const code = await runCli(args, streams, { runStudy: () => Promise.resolve(0) });
  return { code, text: printed() };
}

function stored(): NonNullable<ReturnType<ReturnType<typeof readLab>['study']>>['spec'] {
  const reader = readLab(folder.file('lab.db'));
  try {
    return reader.study(UID)?.spec ?? null;
  } finally {
    reader.close();
  }
}

describe('Command line: edit', () => {
  it('edits a study that no program runs', async () => {
    lab.close();
    const { code, text } = await edit(
      spec.name,
      ...['--range', 'learningRate=1e-4..1e-2', '--range', 'activation=relu,null'],
      ...['--fix', 'units=64', '--sampler', 'tpe startup=20'],
    );
    expect([code, text]).toEqual([
      0,
      [
        `Edited ${spec.name}, from trial 2 on:`,
        '  learningRate: 0.00001 … 1 → 0.0001 … 0.01',
        '  units: 16 … 512 → fixed at 64',
        '  activation: relu, Tanh é, null, true, 2.5 → relu, null',
        '  sampler: random → tpe {"startup":20}',
        'The sampler learns from none of the earlier trials.',
        '',
      ].join('\n'),
    ]);
    expect(stored()).toMatchObject({
      searchSpace: { learningRate: { low: 1e-4, high: 1e-2, log: true } },
      only: { units: [64], activation: ['relu', null] },
      sampler: { name: 'tpe', startup: 20 },
      edits: [{ first: 2, told: 0, before: { sampler: { name: 'random' } } }],
    });
  });

  it('is told by show, story, best and the study file of a copy', async () => {
    lab.close();
    await edit(UID, '--fix', 'units=64', '--range', 'activation=relu,null');
    lab = openLab(folder.file('lab.db'), { create: false });
    lab.commit([[propose(2, UID, Float64Array.of(0.1, 64, 2, NaN))], [start(2)]]);
    const told = ['units: 16 … 512 → fixed at 64', 'relu, Tanh é, null, true, 2.5 → relu, null'];
    const shown = await cli('show', UID);
    for (const line of [...told, 'fixed at 64', 'only relu, null', 'edited from trial 2 on'])
      expect(shown.text).toContain(line);
    expect(
      showOutput.parse(JSON.parse((await cli('show', UID, '--json')).text)).searched,
    ).toMatchObject({ only: { units: [64] }, edits: [{ first: 2, told: 0 }] });
    const [before, after] = [await cli('story', UID, '1'), await cli('story', UID, '2')];
    expect(before.text).not.toContain('edited');
    expect(after.text).toContain(`after the search was edited, from trial 2 on: ${told[0]!}`);
    const best = bestConfigs.parse(JSON.parse((await cli('best', UID, '--json')).text));
    expect(best.edits).toMatchObject([{ first: 2, changes: [told[0], expect.any(String)] }]);
    const copy = await cli('studies', 'duplicate', UID);
    expect(JSON.parse(copy.text)).toMatchObject({
      searchSpace: {
        units: { low: 64, high: 64 },
        // The condition of momentum names a choice.
        activation: { choices: ['relu', 'Tanh é', null, true, 2.5] },
      },
    });
  });

  it('only checks with --dry-run, also while another program runs the study', async () => {
    const { code, text } = await edit(UID, '--fix', 'units=64', '--dry-run', '--json');
    expect(code).toBe(0);
    expect(editOutput.parse(JSON.parse(text))).toMatchObject({ dryRun: true, first: 2 });
    expect([stored()?.edits, lab.editRequests()]).toEqual([undefined, []]);
  });

  it('says which enqueued points are outside the new ranges and will not be tried', async () => {
    lab.close();
    for (const units of ['32', '64', '128']) await cli('enqueue', UID, `units=${units}`);
    const { text } = await edit(UID, '--fix', 'units=64', '--dry-run');
    expect(text).toContain(
      '2 enqueued points are outside the new ranges, and would not be tried:\n',
    );
    expect(text).toContain(
      '  {"units": 128}: params.units: expected an integer from 64 to 64, found 128\n',
    );
    const { text: json } = await edit(UID, '--range', 'units=32..64', '--json');
    expect(editOutput.parse(JSON.parse(json)).outside).toMatchObject([{ point: '{"units": 128}' }]);
  });

  it('asks the program that has the lab open, and waits for its answer', async () => {
    const before = spec.searchSpace;
    const asking = edit(UID, '--fix', 'units=64', '--json');
    const [request] = await vi.waitFor(() => {
      const found = lab.editRequests();
      expect(found).toHaveLength(1);
      return found;
    });
    expect(request).toMatchObject({ study: UID, change: { only: { units: [64] } } });
    const changed = {
      ...{ ...spec, only: { units: [64] } },
      edits: [
        { first: 2, date: 0, told: 0, before: { searchSpace: before, sampler: spec.sampler } },
      ],
    };
    lab.commit([[{ op: 'searchEdited', uid: UID, spec: changed, request: request!.row }]]);
    const { code, text } = await asking;
    expect(code).toBe(0);
    expect(editOutput.parse(JSON.parse(text))).toMatchObject({
      ...{ dryRun: false, first: 2, told: 0 },
      changes: ['units: 16 … 512 → fixed at 64'],
    });
  });

  it('edits the study itself once that program has closed the lab without an answer', async () => {
    const asking = edit(UID, '--fix', 'units=64');
    await vi.waitFor(() => expect(lab.editRequests()).toHaveLength(1));
    lab.close();
    expect(await asking).toMatchObject({ code: 0 });
    expect(stored()).toMatchObject({ only: { units: [64] }, edits: [{ first: 2 }] });
    lab = openLab(folder.file('lab.db'), { create: false });
    expect(lab.editRequests()).toEqual([]);
  });

  it('says why that program refused', async () => {
    const asking = edit(UID, '--fix', 'units=64');
    const [request] = await vi.waitFor(() => {
      const found = lab.editRequests();
      expect(found).toHaveLength(1);
      return found;
    });
    const problem = { code: 'not-allowed-now', path: '', expected: 'a study that can be edited' };
    lab.refuseEdit(request!.row, [{ ...problem, found: 'the study is ending' }]);
    const { code, text } = await asking;
    expect([code, text]).toEqual([2, expect.stringContaining('the study is ending')]);
    expect(stored()?.edits).toBeUndefined();
  });

  it.each([
    [[], 'no edit'],
    [['--range', 'units'], 'expected name=low..high, found "units"'],
    [['--range', 'units=a..b'], 'expected name=low..high'],
    [['--range', 'units=16..'], 'expected name=low..high, found "units=16.."'],
    [['--range', 'units=16..32', '--range', 'units=32..64'], 'expected units once'],
    [['--range', 'units=16..32', '--fix', 'units=32'], 'expected units once'],
    [['--sampler', 'tpe startup=5 startup=6'], 'expected startup once'],
    [['--fix', 'unit=32'], 'did you mean units?'],
    [['--fix', 'units=33'], 'only.units'],
    [['--range', 'activation=0..1'], 'only.activation'],
    [['--sampler', 'tep'], 'sampler.name'],
    [['--pruner', 'median'], 'an objective that reports'],
    [['--free', 'learnRate'], 'did you mean learningRate?'],
  ] as const)('refuses %j before anything changes', async (args, said) => {
    const { code, text } = await edit(UID, ...args, '--dry-run');
    expect([code, text]).toEqual([2, expect.stringContaining(said)]);
    expect([stored()?.edits, lab.editRequests()]).toEqual([undefined, []]);
  });
});
