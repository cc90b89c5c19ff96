import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseHelp } from '../../../src/studies/script/help-text.ts';
import type { ScriptOption } from '../../../src/studies/script/help-text.ts';

const fixtures = join(import.meta.dirname, 'fixtures');
const help = (name: string): string => readFileSync(join(fixtures, `${name}.txt`), 'utf8');

/** `--flag type = default of choices low…high` */
function shown({
  flag,
  type,
  default: value,
  choices,
  low,
  high,
  takesValue,
}: ScriptOption): string {
  return [
    flag,
    takesValue ? (type ?? 'unknown') : 'switch',
    ...(value === undefined ? [] : ['=', JSON.stringify(value)]),
    ...(choices.length === 0 ? [] : ['of', choices.join('|')]),
    ...(low === undefined && high === undefined ? [] : [`${String(low)}…${String(high)}`]),
  ].join(' ');
}

/** Options of one script, whose help two versions of Python print. */
const TAGGER: readonly string[] = [
  '--output text = "runs/tagger"',
  '--device text = "cuda"',
  '--epochs int = 20',
  '--tags text = "[]"',
  '--learning-rate float = 0.0003',
  '--weight_decay float = 0.01',
  '--optimizer text = "adamw" of sgd|adam|adamw',
  '--momentum unknown',
  '--hidden-size int = 256',
  '--num-layers int = 2 of 1|2|3|4|5|6',
  '--dropout float = 0.1',
  '--bidirectional switch = true',
];

/** Output of the real packages, and the options in it. */
const table: readonly (readonly [string, readonly string[]])[] = [
  [
    'absl_train',
    [
      '--augment switch = true',
      '--batch_size int = 64',
      '--learning_rate float = 0.001',
      '--optimizer text = "adam" of adam|sgd',
      '--workdir text = "/tmp/run"',
    ],
  ],
  ['argparse_defaults', TAGGER],
  [
    'argparse_mnist',
    [
      '--batch-size int = 64',
      '--test-batch-size int = 1000',
      '--epochs int = 14',
      '--lr float = 1',
      '--gamma float = 0.7',
      '--no-accel switch',
      '--dry-run switch',
      '--seed int = 1',
      '--log-interval unknown',
      '--save-model switch',
    ],
  ],
  ['argparse_python313', TAGGER],
  [
    'argparse_python38',
    [
      '--output text = "runs/tagger"',
      '--device text = "cuda"',
      '--epochs int = 20',
      '--tags text = "[]"',
      '--learning-rate float = 0.0003',
      '--weight_decay float = 0.01',
      '--optimizer text = "adamw" of sgd|adam|adamw',
      '--momentum float = 0.9',
      '--hidden-size int = 256',
      '--num-layers int = 2 of 1|2|3|4|5|6',
      '--dropout float = 0.1',
      '--bidirectional switch = true',
    ],
  ],
  [
    'click_train',
    [
      '--lr float = 0.001',
      '--batch-size int = 32 1…4096',
      '--optimizer text = "adam" of sgd|adam',
      '--dropout float = 0.5 0…1',
      '--nesterov switch = false',
      '--units int = 128',
      '--data-dir text = "data"',
      '--seed int = 0',
    ],
  ],
  [
    'fire_train',
    ['--lr float = 0.01', '--batch_size int = 32', '--hidden int = 64', '--name text = "x"'],
  ],
  [
    'hydra_train',
    [
      'optim.lr float = 0.001',
      'optim.weight_decay float = 0.0001',
      'optim.name text = "adam"',
      'model.dropout float = 0.2',
      'model.hidden int = 128',
      'batch_size int = 32',
      'epochs int = 10',
      'seed int = 1',
      'data text = "./data"',
      'db.driver text = "mysql"',
    ],
  ],
  [
    'jsonargparse_train',
    [
      '--config unknown',
      '--print_config unknown',
      '--lr float = 0.1',
      '--momentum float = 0.9',
      '--batch_size int = 64',
      '--scheduler text = "cosine" of cosine|step',
      '--augment bool = true of true|false',
      '--epochs int = 10',
      '--data text = "data"',
    ],
  ],
  [
    'typer_train',
    [
      '--learning-rate float = 0.01',
      '--hidden-dim int = 64',
      '--batch-size int = 128 1…1024',
      '--optimizer text = "adam" of sgd|adam',
      '--use-bn switch = true',
      '--epochs int = 5',
      '--run-name text = "baseline"',
    ],
  ],
  [
    'tyro_train',
    [
      '--batch-size int = 64',
      '--num-heads int = 4',
      '--compile switch = false',
      '--out-dir text = "runs"',
      '--seed int = 0',
      '--optim.lr float = 0.0003',
      '--optim.weight-decay float = 0.01',
      '--optim.kind text = "adam" of adam|sgd',
    ],
  ],
];

describe('Help texts', () => {
  it.each(table)('of %s give names, types, defaults and choices', (name, options) => {
    expect(parseHelp(help(name)).options.map(shown)).toEqual(options);
  });

  it('of Hydra are written as name=value, all others as flags', () => {
    const styles = table.map(([name]) => [name.startsWith('hydra'), parseHelp(help(name)).style]);
    for (const [isHydra, style] of styles) expect(style).toBe(isHydra === true ? 'hydra' : 'flags');
  });

  it('name the positional arguments', () => {
    expect(parseHelp(help('argparse_defaults')).positional).toEqual(['data']);
    expect(parseHelp('Usage: train.py [OPTIONS] DATA [EXTRA]\n').positional).toEqual(['DATA']);
    expect(parseHelp(help('argparse_mnist')).positional).toEqual([]);
  });

  it('are read with colours and frames of a terminal', () => {
    const framed = help('tyro_train').replaceAll('--', '\u001b[1;36m--\u001b[0m');
    expect(parseHelp(framed)).toEqual(parseHelp(help('tyro_train')));
  });

  it('of any content throw nothing and take bounded time', () => {
    const pieces = fc.constantFrom(
      ...['  --lr', ' -x, --y', 'FLOAT', '{a,b}', '[default: ', '(default: 1)', ']', '\n', '    '],
      ...[
        '│',
        '== Config ==\n',
        'Hydra',
        'a: 1',
        '1<=x<=2',
        '<int>',
        '\u001b[',
        'positional arguments:\n',
      ],
    );
    const text = fc.oneof(
      fc.string({ unit: 'binary', maxLength: 300 }),
      fc
        .array(fc.oneof(pieces, fc.string({ maxLength: 5 })), { maxLength: 60 })
        .map((all) => all.join('')),
    );
    fc.assert(
      fc.property(text, (content) => {
        for (const { name, flag } of parseHelp(content).options) {
          expect(name).not.toBe('');
          expect(flag.endsWith(name)).toBe(true);
        }
      }),
      { numRuns: 500 },
    );
    for (const piece of ['(', '[default: ', '--a, ', '  --a <', '{a,', ' ', '1<=x'])
      expect(parseHelp(`  --x ${piece.repeat(20_000)}`).options.length).toBeLessThan(2);
  });
});
