import { execFileSync } from 'node:child_process';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { entriesOf, withValues } from '../../../../src/objectives/command/config/config-text.ts';
import type { ParamValue } from '../../../../src/core/search-space/distribution.ts';
import { missingPython } from '../../../support/peer-python.ts';
import { skipIf } from '../../../support/platform.ts';

const YAML = `# The baseline of May.
optimizer:
  name: adamw        # or sgd
  lr: 3e-4           # tuned by hand
  betas: [0.9, 0.999]
model: &model {hidden: 128, "drop out": 0.1}
copy: *model
base_lr: &lr 0.5
other_lr: *lr
momentum:
clip:   # none
schedule: !include schedule.yaml
text: |
  two
  lines
merged:
  <<: {gamma: 1}
on: yes
`;

const kinds = (path: string, text: string) =>
  Object.fromEntries(
    [...entriesOf(path, text).values()].map(({ name, kind, value }) => [name, [kind, value]]),
  );

describe('Configuration files: their values', () => {
  it('have dotted names, with positions in lists', () => {
    expect(kinds('c.yaml', YAML)).toMatchObject({
      optimizer: ['group', null],
      'optimizer.name': ['text', 'adamw'],
      'optimizer.lr': ['number', 3e-4],
      'optimizer.betas.1': ['number', 0.999],
      'model.drop out': ['number', 0.1],
      base_lr: ['number', 0.5],
      other_lr: ['number', 0.5],
      momentum: ['nothing', null],
      clip: ['nothing', null],
      schedule: ['other', null],
      text: ['other', null],
      on: ['text', 'yes'],
    });
    expect(kinds('c.yaml', YAML)).not.toHaveProperty('merged.gamma');
  });

  it('are those of JSON with any white space', () => {
    const text = '{\n\t"a": {"b": [1, {"c": true}]},\r\n\t"d": null, "é.f": "x"}\n';
    expect(kinds('c.json', text)).toMatchObject({
      'a.b.0': ['number', 1],
      'a.b.1.c': ['boolean', true],
      d: ['nothing', null],
      'é.f': ['text', 'x'],
    });
  });

  it.each([
    ['c.yaml', 'a: [1, 2\nb: 3\n', /Flow sequence.*at line 2, column 1$/],
    ['c.yaml', 'a: 1\na: 2\n', /Map keys must be unique at line 2, column 1$/],
    ['c.yml', 'a: 1\n---\nb: 2\n', /several documents/],
    ['c.json', '{"a": 1,}', /JSON/],
    ['c.json', 'a: 1', /JSON/],
    ['c.json', '{"b": {"a": 1,\n "a": 2}}', /Map keys must be unique at line 2, column 2$/],
    ['c.json', '['.repeat(501) + ']'.repeat(501), /nested more than 500 deep$/],
    ['c.toml', `a = ${'['.repeat(100_000)}`, /nested more than 500 deep$/],
  ])('cannot be read of %s with %j, and the error names the place', (path, text, expected) => {
    expect(() => entriesOf(path, text)).toThrow(expected);
  });
});

describe('Configuration files: anchors', () => {
  it('of one name count for the aliases after them', () => {
    const text = 'a: &x 1\nb: *x\nc: &x 2\nd: *x\n';
    expect(kinds('c.yaml', text)).toMatchObject({ b: ['number', 1], d: ['number', 2] });
  });
});

describe('Configuration files: replaced values', () => {
  it('leave comments, order, quotes and spacing as they are', () => {
    const values = { 'optimizer.lr': 2e-7, 'optimizer.name': 'sgd: "x" # y', momentum: 0.5 };
    expect(withValues('c.yaml', YAML, values)).toBe(
      YAML.replace('3e-4 ', '2.0e-7 ')
        .replace('name: adamw ', 'name: "sgd: \\"x\\" # y" ')
        .replace('momentum:', 'momentum: 0.5'),
    );
    expect(withValues('c.yaml', YAML, { clip: true, other_lr: 2 })).toBe(
      YAML.replace('clip:   #', 'clip: true   #').replace('*lr', '2.0'),
    );
    expect(withValues('c.json', '{"a": 1.5,\r\n\t"b": 64}', { a: 2, b: 32 })).toBe(
      '{"a": 2.0,\r\n\t"b": 32}',
    );
  });

  it.each([
    ['c.yaml', 'k: false\n', 'k: 5\n'],
    ['c.yaml', 'k: none\n', 'k: 5\n'],
    ['c.yaml', 'k: 0xFE\n', 'k: 5\n'],
    ['c.toml', 'k = 0xFE\n', 'k = 5\n'],
    ['c.toml', 'k = 1_000\n', 'k = 5\n'],
    ['c.toml', 'k = inf\n', 'k = 5.0\n'],
    ['c.yaml', 'k: 1e3\n', 'k: 5.0\n'],
  ])('of %s have a point only where %j has a number with one', (path, text, expected) => {
    expect(withValues(path, text, { k: 5 })).toBe(expected);
  });

  it('of a file with a byte order mark are replaced too', () => {
    expect(withValues('c.json', '\ufeff{"k": 1}', { k: 2 })).toBe('\ufeff{"k": 2}');
  });

  it('of an anchor count for its aliases', () => {
    const text = withValues('c.yaml', YAML, { base_lr: 0.25 });
    expect(text).toContain('base_lr: &lr 0.25\n');
    expect(kinds('c.yaml', text)).toMatchObject({ other_lr: ['number', 0.25] });
  });

  it('are not those of groups, includes and names that the file lacks', () => {
    expect(withValues('c.yaml', YAML, { model: 1, schedule: 'x', text: 'y', absent: 1 })).toBe(
      YAML,
    );
  });

  const scalar = fc.oneof(
    fc.double({ noNaN: true, noDefaultInfinity: true }),
    fc.integer(),
    fc.string({ unit: 'grapheme' }),
    fc.boolean(),
    fc.constant(null),
  );

  it('are read as they were written, wherever they are', () => {
    fc.assert(
      fc.property(scalar, scalar, scalar, (a, b, c) => {
        const values: Record<string, ParamValue> = {
          'optimizer.lr': a,
          'model.hidden': b,
          clip: c,
        };
        const read = entriesOf('c.yaml', withValues('c.yaml', YAML, values));
        for (const [name, value] of Object.entries(values))
          expect(read.get(name)?.value).toEqual(Object.is(value, -0) ? 0 : value);
        expect(read.get('optimizer.betas.1')?.value).toBe(0.999);
      }),
    );
  });

  it('are numbers and texts to PyYAML too, which reads YAML 1.1', (context) => {
    skipIf(missingPython('yaml'), context);
    const breaks = 'a\x85b\u2028c\u2029d\x80\ufeff\uffff';
    const values = {
      'optimizer.lr': 2e-7,
      'optimizer.name': breaks,
      ...{ 'model.hidden': 1e21, momentum: 0.25, on: 'no' },
    };
    const input = withValues('c.yaml', YAML.replace('!include ', ''), values);
    const code = `import sys, yaml, json
c = yaml.safe_load(sys.stdin)
o = c["optimizer"]
print(json.dumps([o["lr"], o["name"], c["model"]["hidden"], c["momentum"], c[True]]))`;
    const python = process.env['GALAPAGOS_PEER_PYTHON'] ?? '';
    const printed = execFileSync(python, ['-c', code], { input, encoding: 'utf8' });
    expect(JSON.parse(printed)).toEqual([2e-7, breaks, 1e21, 0.25, 'no']);
  });
});

const TOML = `# mine
title = 'a' # the title
when = 1979-05-27
[optimizer]
lr = 3e-4 # tuned
betas = [0.9, 0.999]
"a key".x = true
model = { hidden = 128, act.name = "relu" }
[[stage]]
epochs = 1
[[stage]]
epochs = 2.0
text = """
two"""
`;

describe('Configuration files in TOML', () => {
  it('have values of tables, arrays of tables, inline tables and dotted keys', () => {
    expect(kinds('c.toml', TOML)).toMatchObject({
      title: ['text', 'a'],
      when: ['other', null],
      optimizer: ['group', null],
      'optimizer.lr': ['number', 3e-4],
      'optimizer.betas.1': ['number', 0.999],
      'optimizer.a key.x': ['boolean', true],
      'optimizer.model.act.name': ['text', 'relu'],
      'stage.1.epochs': ['number', 2],
      'stage.1.text': ['text', 'two'],
    });
  });

  it('name the place of an error', () => {
    expect(() => entriesOf('c.toml', 'a = 1\nb = x\n')).toThrow(/at line 2, column 5$/);
    expect(() => entriesOf('c.toml', 'a = 1\na = 2\n')).toThrow(/multiple times.*line 2/);
  });

  it('keep everything but the replaced values', () => {
    const values = { 'optimizer.lr': 2e-7, title: 'it\'s "b"', 'stage.1.epochs': 4 };
    expect(withValues('c.toml', TOML, values)).toBe(
      TOML.replace('3e-4', '2.0e-7').replace("'a'", '"it\'s \\"b\\""').replace('2.0\n', '4.0\n'),
    );
  });

  const scalar = fc.oneof(
    fc.double({ noNaN: true, noDefaultInfinity: true }),
    fc.integer(),
    fc.string({ unit: 'grapheme' }),
    fc.constant('\x7f\x00\x1f\\'),
    fc.boolean(),
  );

  it('have the values that were written, wherever they are', () => {
    fc.assert(
      fc.property(scalar, scalar, scalar, (a, b, c) => {
        const values = { 'optimizer.lr': a, 'optimizer.model.hidden': b, 'stage.1.text': c };
        const read = entriesOf('c.toml', withValues('c.toml', TOML, values));
        for (const [name, value] of Object.entries(values))
          expect(read.get(name)?.value).toEqual(Object.is(value, -0) ? 0 : value);
        expect(read.get('optimizer.betas.1')?.value).toBe(0.999);
      }),
    );
  });

  it('are read alike by Python', (context) => {
    skipIf(missingPython('tomllib'), context);
    const values = { 'optimizer.lr': 2e-7, title: '\x7f"\\é', 'stage.1.epochs': 4 };
    const input = withValues('c.toml', TOML, values);
    const code = `import sys, tomllib, json
c = tomllib.load(sys.stdin.buffer)
print(json.dumps([c["optimizer"]["lr"], c["title"], c["stage"][1]["epochs"]]))`;
    const python = process.env['GALAPAGOS_PEER_PYTHON'] ?? '';
    const printed = execFileSync(python, ['-c', code], { input, encoding: 'utf8' });
    expect(JSON.parse(printed)).toEqual([2e-7, '\x7f"\\é', 4]);
  });
});
