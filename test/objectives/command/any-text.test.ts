/** Any text as an argument, a name or output of a program: spaces, quotes, letters, odd bytes. */
import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { problemText } from '../../../src/core/errors.ts';
import { championLine } from '../../../src/objectives/command/champion-line.ts';
import { command } from '../../../src/objectives/command/command.ts';
import { outputFolder } from '../../../src/objectives/command/output/output-log.ts';
import { commandLine } from '../../../src/objectives/command/template.ts';
import { CommandPlace } from '../../support/command-attempt.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';
import { noShell, skipIf } from '../../support/platform.ts';

const STUDY = 'c0ffee';

let place: CommandPlace;
beforeEach(() => (place = new CommandPlace()));
afterEach(() => place.remove());

const ODD = [
  ...['', ' ', '-n', '--', '=', 'a=b', 'if', '~', '*', '?', '#x', '!', '$HOME', '`id`', '$(id)'],
  ...["it's", '"', "'\\''", '\\', '\\"', 'C:\\x y\\', '\\\\host\\share', '%PATH%', '^&|<>();'],
  ...['a\nb', 'a\r\nb', '\t', '\u0001', '\u007F', 'é', 'e\u0301', '日本語', '🐢', '\u202Etxt'],
  ...['\uFEFF', '\uFFFD', '{x}', '{{', '}', '{params:flags}'],
];
const anyText = fc.oneof(
  fc.constantFrom(...ODD),
  fc
    .string({ unit: 'binary', maxLength: 30 })
    .map((any) => any.replaceAll(/[\0\uD800-\uDFFF]/g, '')),
);
const doubled = (any: string): string => any.replaceAll(/[{}]/g, '$&$&');
const SHOW_ARGUMENTS = 'console.log(JSON.stringify(process.argv.slice(2)))';

describe('Commands: any text', () => {
  beforeEach((context) => skipIf(noShell, context));

  it('arrives in the program as the argument that it is, and again by the champion’s line', async () => {
    place.script('show.mjs', SHOW_ARGUMENTS);
    let trial = 0;
    const arrives = async (fixed: readonly string[], x: string, y: string): Promise<void> => {
      const args = [...fixed.map(doubled), '{x}', `${doubled(y)}{x}{y}`, '{params:flags}'];
      const objective = place.objective({ command: [process.execPath, 'show.mjs', ...args] });
      await place.start(objective, { x, y }, trial).ended;
      const expected = [...fixed, x, `${y}${x}${y}`, '--x', x, '--y', y];
      expect(JSON.parse(place.output(trial))).toEqual(expected);
      const line = championLine(objective, { x, y }, { seed: 7, trial: 0 }, 'linux');
      const again = execFileSync('/bin/sh', ['-c', line], { encoding: 'utf8' });
      expect(JSON.parse(again)).toEqual(expected);
      trial += 1;
    };
    await arrives(ODD, "C:\\x 'y\\", '{x}');
    await fc.assert(
      fc.asyncProperty(
        fc.array(anyText, { minLength: 1, maxLength: 40 }),
        anyText,
        anyText,
        arrives,
      ),
      { numRuns: 4 },
    );
  });

  it('is the name of a program in the champion’s line, whatever a shell takes it for', () => {
    const folder = temporaryFolder();
    try {
      const words = ['while', 'then', 'a_1=', 'a+=b'];
      const names = [...ODD, ...words].filter((name) => name !== '' && !name.includes('/'));
      const script = '#!/bin/sh\nprintf "ran %s" "$1"\n';
      for (const name of names) writeFileSync(join(folder.path, name), script, { mode: 0o755 });
      const env = { PATH: `${folder.path}:${process.env['PATH'] ?? ''}` };
      const printed = names.map((name) => {
        const line = `: && ${commandLine([name, 'é x'], 'linux')}`;
        return [name, execFileSync('/bin/sh', ['-c', line], { env, encoding: 'utf8' })];
      });
      expect(printed).toEqual(names.map((name) => [name, 'ran é x']));
    } finally {
      folder.remove();
    }
  });

  it('is refused before the start where no program can be given it', () => {
    const odd = ['a\0b', 'a\uD800b'];
    const refused = (about: object, choices: readonly string[] = ['a']): string[] =>
      command
        .check(
          place.objective({ command: ['sh'], ...about }),
          { x: { type: 'categorical', choices } },
          { resources: '/', userFolder: place.userFolder, project: place.project },
        )
        .map((each) => problemText(each).split(' ')[0] ?? '');
    expect(refused({ command: ['sh', ...odd] })).toEqual([
      ...['objective.command[1]:', 'objective.command[2]:'],
    ]);
    expect(refused({ env: { A: odd[0], B: null, C: '🐢' } })).toEqual(['objective.env.A:']);
    expect(refused({}, ['é', ...odd])).toEqual([
      ...['searchSpace.x.choices[1]:', 'searchSpace.x.choices[2]:'],
    ]);
    expect(refused({ folder: odd[0] })[0]).toBe('objective.folder:');
    expect(refused({ container: { image: odd[0], engine: 'podman' } })[0]).toBe(
      'objective.container.image:',
    );
  });

  it('names the working folder and its files', async () => {
    const names = ["C:\\x y'é", '-n', 'a\nb', '日本 "語"', '\u202Etxt', '$HOME', '{x}'];
    for (const [trial, name] of names.entries()) {
      const folder = join(place.project, name);
      mkdirSync(folder);
      writeFileSync(join(folder, name), `{"v": ${trial}}`);
      const about = {
        command: ['sh', '-c', 'cp -- "$1" "$2/$1"', 'sh', doubled(name), '{trialDir}'],
        folder,
        result: { json: name, key: 'v' },
      };
      expect([name, await place.start(about, {}, trial).ended]).toMatchObject([
        name,
        { outcome: 'succeeded', value: trial },
      ]);
    }
  });
});

describe('Commands: any output', () => {
  beforeEach((context) => skipIf(noShell, context));

  const marker = (at: number, encoding: 'utf8' | 'latin1'): Buffer =>
    Buffer.from(
      `naïve “café”=${at}`.replaceAll(/[“”]/g, encoding === 'utf8' ? '$&' : '"'),
      encoding,
    );
  const junk = fc
    .uint8Array({ maxLength: 60 })
    .map((bytes) => Buffer.from(bytes.filter((byte) => byte !== 10 && byte !== 13)));
  const line = fc.oneof(junk, fc.constantFrom('utf8' as const, 'latin1' as const));

  it('is kept byte by byte, and rules match its lines in UTF-8 and in code page 1252', async () => {
    let trial = 0;
    await fc.assert(
      fc.asyncProperty(fc.array(line, { maxLength: 40 }), async (lines) => {
        const bytes = lines.flatMap((each, at) => [
          Buffer.isBuffer(each) ? each : marker(at, each),
          Buffer.from('\n'),
        ]);
        const marked = lines.flatMap((each, at) => (Buffer.isBuffer(each) ? [] : [at]));
        const whole = Buffer.concat(bytes);
        writeFileSync(join(place.project, 'bytes'), whole);
        const rule = { stdout: 'naïve ["“]café["”]=(\\d+)' };
        const run = place.start(
          { command: ['cat', 'bytes'], result: rule, reports: rule },
          {},
          trial,
        );
        const result = await run.ended;
        if (whole.length > 0)
          expect(
            readFileSync(join(outputFolder(place.userFolder, STUDY, trial), '1.log')).equals(whole),
          ).toBe(true);
        expect(run.reports.map(({ value }) => value)).toEqual(marked);
        expect(result).toMatchObject(
          marked.length > 0
            ? { outcome: 'succeeded', value: marked.at(-1) }
            : { outcome: 'crashed' },
        );
        trial += 1;
      }),
      { numRuns: 8 },
    );
  });

  it('never makes an attempt fail in another way than its exit status says', async () => {
    let trial = 0;
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 300 }), async (bytes) => {
        writeFileSync(join(place.project, 'bytes'), bytes);
        const command = [
          'sh',
          '-c',
          'cat bytes >&2; cat bytes > "$1/m.json"; exit 3',
          'sh',
          '{trialDir}',
        ];
        const about = { command, result: { json: 'm.json', key: 'a' } };
        expect(await place.start(about, {}, trial).ended).toMatchObject({ outcome: 'crashed' });
        trial += 1;
      }),
      { numRuns: 4 },
    );
  });
});
