/**
 * The error of a script that shows nothing to search, with the lines by which its own constants
 * become parameters. Pure.
 */
import { GalapagosError } from '../../core/errors.ts';
import { withoutTexts } from '../../objectives/command/python/python-imports.ts';
import { propose } from './propose.ts';
import { literalOf } from './python-source.ts';

/** Constants that the lines name. */
const MOST = 6;
/** Options that the message names. */
const NAMED = 20;

interface Constant {
  readonly name: string;
  /** The value as the source has it. */
  readonly value: string;
  /** Number of its line, from 1. */
  readonly line: number;
}

export class NoParameters extends GalapagosError {
  /** Lines of Python by which the script gets parameters. */
  readonly example: readonly string[];
  /** Advice on what to do with them, as a sentence. */
  readonly advice: string;

  /**
   * @param path of the script, as a person reads it
   * @param options that it shows, none of which is usually searched
   * @param notes sentences on how it was read
   */
  constructor(path: string, source: string, options: readonly string[], notes: readonly string[]) {
    const constants = constantsIn(source).slice(0, MOST);
    const example = exampleOf(constants);
    const advice = adviceOn(constants);
    const shown =
      options.length === 0
        ? 'shows no options'
        : `has options, but none that is usually searched: ${options.slice(0, NAMED).join(', ')}`;
    const why = notes.map((note) => `; ${note}`).join('');
    super('unsupported', `${path} ${shown}${why}. ${advice}: ${example[1] ?? ''}`, {
      found: options.join(', '),
    });
    this.example = example;
    this.advice = advice;
  }
}

/** Numbers that the script assigns at its top level and whose names are usually searched. */
function constantsIn(source: string): Constant[] {
  const lines = source.split('\n');
  const found = new Map<string, Constant>();
  for (const [i, bare] of withoutTexts(source).split('\n').entries()) {
    const name = /^([A-Za-z_]\w*)\s*(?::\s*\w+\s*)?=(?!=)/.exec(bare)?.[1];
    const value = (lines[i] ?? '').slice(bare.indexOf('=') + 1, bare.trimEnd().length).trim();
    const number = literalOf(value);
    if (name === undefined || typeof number !== 'number' || found.has(name)) continue;
    const type = Number.isInteger(number) ? 'int' : 'float';
    const about = { flag: '', type, default: number, choices: [], takesValue: true } as const;
    if ('searched' in propose({ ...about, name, help: '' }))
      found.set(name, { name, value, line: i + 1 });
  }
  return [...found.values()];
}

function exampleOf(constants: readonly Constant[]): string[] {
  const shown =
    constants.length === 0
      ? [
          { name: 'lr', value: '0.01' },
          { name: 'hidden', value: '64' },
        ]
      : constants;
  const names = shown.map(({ name }) => name);
  return [
    'import galapagos',
    `p = galapagos.params(${shown.map(({ name, value }) => `${name}=${value}`).join(', ')})`,
    `${names.join(', ')} = ${names.map((name) => `p["${name}"]`).join(', ')}`,
  ];
}

function adviceOn(constants: readonly Constant[]): string {
  const lines = constants.map(({ line }) => String(line));
  const [first, ...rest] = lines;
  const place =
    first === undefined
      ? 'Write these lines in place of its constants'
      : `Write these lines in place of its constants in ${rest.length === 0 ? `line ${first}` : `lines ${lines.join(', ')}`}`;
  return `${place}; without Galapagos they keep their values`;
}
