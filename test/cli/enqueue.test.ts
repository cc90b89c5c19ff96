/** Tests `galapagos enqueue`, in a lab that another process has open and in one that none has. */
import { writeFileSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { runCli } from '../../src/cli/program.ts';
import { enqueueOutput, showOutput } from '../../src/protocol/cli-output.ts';
import { openLab } from '../../src/storage/sqlite.ts';
import type { LabStorage } from '../../src/storage/storage.ts';
import { cliContext } from '../support/cli-context.ts';
import { UID, createStudy, point, propose, spec, start, succeed } from '../support/lab-writes.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import type { TemporaryFolder } from '../support/temporary-folder.ts';

let folder: TemporaryFolder;
let lab: LabStorage;
beforeEach(() => {
  folder = temporaryFolder();
  lab = openLab(folder.file('lab.db'), { create: true });
  lab.commit([[createStudy()], [propose(0)], [start(0)], succeed(0, 0, 0.5)]);
});
afterEach(() => {
  lab.close();
  folder.remove();
});

async function enqueue(...args: string[]): Promise<{ code: number; text: string }> {
  const { streams, printed } = cliContext(folder.path, {});
  const code = await runCli(['enqueue', ...args], streams, { runStudy: () => Promise.resolve(0) });
  return { code, text: printed() };
}

async function show(...args: string[]): Promise<string> {
  const { streams, printed } = cliContext(folder.path, {});
  const runStudy = (): Promise<0> => Promise.resolve(0);
  expect(await runCli(['show', UID, ...args], streams, { runStudy })).toBe(0);
  return printed();
}

describe('Command line: enqueue', () => {
  it('enqueues points of the command line and of a file for the program that runs the study', async () => {
    expect(await enqueue(spec.name, 'units=32', 'activation=Tanh é')).toEqual({
      code: 0,
      text: `Enqueued a point in ${spec.name}.\n`,
    });
    writeFileSync(folder.file('points.json'), '[{"units": 48}, {"activation": null}]');
    const { text } = await enqueue(UID, '--file', 'points.json', '--json');
    expect(enqueueOutput.parse(JSON.parse(text)).points).toHaveLength(2);
    expect(lab.enqueuedElsewhere()?.map(({ params }) => params)).toEqual([
      { units: 32, activation: 'Tanh é' },
      { units: 48 },
      { activation: null },
    ]);
  });

  it('shows how many points wait, and why a point was not tried', async () => {
    await enqueue(UID, 'units=32');
    await enqueue(UID, 'units=48');
    expect(await show()).toContain('  enqueued   2 points wait to be tried');
    const [first, second] = lab.enqueuedElsewhere() ?? [];
    lab.refuseEnqueued(first!.row, 'units: expected 48, found 32');
    expect(await show()).toContain('  enqueued   a point waits to be tried');
    expect(await show()).toContain('  not tried  {"units": 32}: units: expected 48, found 32');
    lab.refuseEnqueued(second!.row, 'trial 3 has the same parameters');
    expect(await show()).not.toContain('to be tried');
    const { enqueued } = showOutput.parse(JSON.parse(await show('--json')));
    expect(enqueued).toMatchObject({ waiting: 0, refused: [{}, { point: '{"units": 48}' }] });
  });

  it('says how to go on with a study that has finished', async () => {
    lab.commit([[{ op: 'studyState', uid: UID, state: 'finished', reason: 'trials' }]]);
    lab.close();
    const { code, text } = await enqueue(UID, 'units=32');
    expect([code, text]).toEqual([0, expect.stringContaining('--resume')]);
  });

  it.each([
    [['units=7'], 'params.units'],
    [['units'], 'expected name=value, found "units"'],
    [['unit=32'], 'did you mean units?'],
    [['activation=relu', 'momentum=2'], 'params.momentum'],
    [[], 'no point'],
    [['--file', 'none.json'], 'cannot read none.json'],
    [['--file', 'bad.json'], 'bad.json'],
    [['units=32', 'units=48'], 'expected units once, found it twice'],
  ])('refuses %j and enqueues nothing', async (args, expected) => {
    writeFileSync(folder.file('bad.json'), '[{"units": [1]}]');
    const { code, text } = await enqueue(UID, ...args);
    expect([code, text]).toEqual([2, expect.stringContaining(expected)]);
    expect(lab.enqueuedElsewhere()).toEqual([]);
  });

  it('refuses a point for a population, whose sampler chooses each of its trials', async () => {
    const sampler = { name: 'pbt', population: 4, rounds: 3 };
    lab.commit([[createStudy('population', { ...spec, name: 'population', sampler })]]);
    const { code, text } = await enqueue('population', 'units=32');
    expect([code, text]).toEqual([2, expect.stringContaining('pbt chooses each of its trials')]);
    expect(lab.enqueuedElsewhere()).toEqual([]);
  });

  it('refuses parameters that a trial already has', async () => {
    const [rate = 0, units = 0] = point(0);
    const same = [`learningRate=${rate}`, `units=${units}`, 'activation=relu', 'momentum=0.3'];
    const { code, text } = await enqueue(UID, ...same);
    expect([code, text]).toEqual([2, expect.stringContaining('trial 0 of')]);
  });
});
