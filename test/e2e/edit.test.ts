/** Tests `galapagos edit` on a study that a real process runs, which is then killed. */
import { writeFileSync } from 'node:fs';
import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { at } from '../../src/core/at.ts';
import { runOutput } from '../../src/protocol/run-output.ts';
import type { RunOutput } from '../../src/protocol/run-output.ts';
import { readLab } from '../../src/storage/read-lab.ts';
import { built, command, start } from '../support/built-command.ts';
import { replayDifferences } from '../support/replay-proposals.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import type { TemporaryFolder } from '../support/temporary-folder.ts';

/** Trials that end before the edit, and of each life of the program after it. */
const BEFORE = 14;
const AFTER = 6;
const EDIT = ['--range', 'x=0.2..0.6', '--fix', 'n=3'];

beforeAll(built);
let folder: TemporaryFolder;
beforeEach(() => {
  folder = temporaryFolder();
  const study = {
    format: 'galapagos-study/1',
    name: 'edited',
    objective: { kind: 'synthetic', function: 'sphere', durationMs: 100 },
    direction: 'minimize',
    searchSpace: {
      x: { type: 'float', low: 0, high: 1 },
      y: { type: 'float', low: -1, high: 1 },
      n: { type: 'int', low: 1, high: 8 },
    },
    sampler: { name: 'guided-evolution' },
    stop: { trials: 10_000 },
    seed: 5,
  };
  writeFileSync(folder.file('edited.json'), JSON.stringify(study));
});
afterEach(() => folder.remove());

const isEdit = (text: string): boolean => text.startsWith('search edited, from trial');

/** Runs the study and kills the program when `AFTER` trials have ended since `from` said so. */
async function killed(
  args: readonly string[],
  from: (event: RunOutput) => boolean,
): Promise<NodeJS.Signals | null> {
  let ended = -1;
  const run = ['run', './edited.json', '--workers', '2', '--json', ...args];
  const life = start(run, folder.path, (line) => {
    const event = runOutput.parse(JSON.parse(line));
    if (from(event)) ended = 0;
    if (ended < 0 || event.event !== 'trialEnded') return;
    ended += 1;
    if (ended === AFTER) life.process.kill('SIGKILL');
  });
  await life.ended;
  return life.process.signalCode;
}

describe('Command line: edit of a running study', () => {
  it.each([
    ['guided-evolution', []],
    ['tpe', ['--sampler', 'tpe startup=4']],
  ])(
    'proposes after the edit, a kill and a resume what the edit and the completions decide: %s',
    async (sampler, args) => {
      const edits: ReturnType<typeof command>[] = [];
      const first = await killed([], (event) => {
        if (edits.length === 0 && event.event === 'trialEnded' && event.trial >= BEFORE)
          edits.push(command(['edit', 'edited', ...EDIT, ...args], folder.path));
        return event.event === 'note' && isEdit(event.text);
      });
      expect(first).toBe('SIGKILL');
      expect(await Promise.all(edits)).toMatchObject([{ code: 0 }]);
      expect(await killed(['--resume'], ({ event }) => event === 'started')).toBe('SIGKILL');
      const reader = readLab(folder.file('lab.db'));
      const study = reader.study('edited');
      const trials = [...reader.trials('edited')];
      reader.close();
      expect(study?.spec).toMatchObject({ sampler: { name: sampler }, only: { n: [3] } });
      const from = at(study?.spec?.edits ?? [], 0).first;
      expect(from).toBeGreaterThan(BEFORE);
      const later = trials.slice(from).map(({ params }) => params);
      expect(later.length).toBeGreaterThanOrEqual(2 * AFTER - 4);
      expect(later.filter(({ x, n }) => Number(x) < 0.2 || Number(x) > 0.6 || n !== 3)).toEqual([]);
      expect(replayDifferences(folder.file('lab.db'), 'edited')).toEqual([]);
    },
  );

  it('says once, after its start, that an enqueued point is outside the edited ranges', async () => {
    const run = ['run', './edited.json', '--workers', '1', '--json'];
    expect(await command([...run, '--trials', '2'], folder.path)).toMatchObject({ code: 0 });
    for (const args of [
      ['enqueue', 'edited', 'x=0.9'],
      ['edit', 'edited', '--range', 'x=0..0.5'],
    ])
      expect(await command(args, folder.path)).toMatchObject({ code: 0 });
    const { code, stdout } = await command([...run, '--resume', '--trials', '4'], folder.path);
    expect(code).toBe(0);
    const events = stdout
      .trim()
      .split('\n')
      .map((line) => runOutput.parse(JSON.parse(line)));
    const said = events.flatMap((event) => (event.event === 'note' ? [event.text] : []));
    expect(said.filter((text) => text.includes('enqueued'))).toEqual([
      'the enqueued point {"x":0.9} is not tried: params.x: expected a number from 0 to 0.5, found 0.9',
    ]);
    expect(at(events, 0).event).toBe('started');
  });
});
