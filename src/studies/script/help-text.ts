/**
 * Reads the options of a program from the text of its `--help`: argparse, click, typer, tyro,
 * jsonargparse, fire and absl, and the configuration that Hydra prints. Pure; any text gives a
 * list, which is empty where nothing looks like an option.
 */

/** Value of an option as the program's own language would read it. */
export type Literal = string | number | boolean | null;

export type OptionType = 'int' | 'float' | 'bool' | 'text';

/** An option of a script, as its help describes it. */
export interface ScriptOption {
  /** The name without leading dashes; of Hydra the path, such as `optim.lr`. */
  readonly name: string;
  /** As it is written on the command line, such as `--lr`; empty for a positional argument. */
  readonly flag: string;
  /** Null: unknown. */
  readonly type: OptionType | null;
  /** Undefined: unknown. */
  readonly default?: Literal | undefined;
  readonly choices: readonly string[];
  readonly low?: number | undefined;
  readonly high?: number | undefined;
  /** False for a switch without a value, such as `--no-cuda`. */
  readonly takesValue: boolean;
  readonly help: string;
}

export interface HelpText {
  /** Notation of the options: `--name value`, or `name=value` as Hydra has it. */
  readonly style: 'flags' | 'hydra';
  readonly options: readonly ScriptOption[];
  /** Positional arguments that the program needs. */
  readonly positional: readonly string[];
}

/** Longest text that is read, in characters; the rest is ignored. */
const LONGEST = 1 << 18;
/** Longest line and longest help of an option that are read; the rest is ignored. */
const LONGEST_LINE = 2000;

export function parseHelp(text: string): HelpText {
  const lines = cleanLines(text.slice(0, LONGEST));
  const config = lines.findIndex((line) => line.trim() === '== Config ==');
  if (config >= 0 && lines.some((line) => line.includes('Hydra')))
    return { style: 'hydra', options: hydraOptions(lines.slice(config + 1)), positional: [] };
  const options = new Map<string, ScriptOption>();
  for (const entry of entriesOf(lines)) {
    const option = optionOf(entry);
    if (option !== null && !options.has(option.name)) options.set(option.name, option);
  }
  return { style: 'flags', options: [...options.values()], positional: positionalOf(lines) };
}

/** Lines without colours, frames and carriage returns. */
function cleanLines(text: string): string[] {
  return (
    text
      // eslint-disable-next-line no-control-regex -- escape sequences begin with a control character
      .replaceAll(/\u001b\[[0-9;?]*[A-Za-z]|\u001b\][^\u0007\u001b]*(?:\u0007|\u001b\\)/g, '')
      .split(/\r\n|\r|\n/)
      .map((line) =>
        line
          .replaceAll(/[│┃╭╮╰╯┌┐└┘]/g, ' ')
          .replaceAll(/[─━]/g, '')
          .trimEnd()
          .slice(0, LONGEST_LINE),
      )
  );
}

interface Entry {
  readonly first: string;
  readonly rest: readonly string[];
}

const FLAG_LINE = /^\s+\*?\s*-{1,2}[A-Za-z[]/;

/** Lines that begin with a flag, each with the more deeply indented lines below it. */
function entriesOf(lines: readonly string[]): Entry[] {
  const entries: { first: string; rest: string[] }[] = [];
  let indent = Infinity;
  for (const line of lines) {
    const depth = line.length - line.trimStart().length;
    const last = entries.at(-1);
    if (FLAG_LINE.test(line) && !(last !== undefined && depth > indent + 8)) {
      entries.push({ first: line, rest: [] });
      indent = depth;
    } else if (line.trim() !== '' && depth > indent && last !== undefined) last.rest.push(line);
    else indent = Infinity;
  }
  return entries;
}

/** Name of a flag: `--lr`, `-l`, `--[no]augment`. */
const FLAG = /(?<![\w-])(-{1,2})(\[no-?\])?([A-Za-z][\w.:-]*)/g;

function optionOf({ first, rest }: Entry): ScriptOption | null {
  const { invocation, help: begun } = split(first);
  const help = joined([begun, ...rest.map((line) => line.trim())]).slice(0, LONGEST_LINE);
  const flags = [...invocation.matchAll(FLAG)].map(([, dashes = '', no, name = '']) => ({
    dashes,
    isSwitch: no !== undefined,
    name: name.replace(/[.:-]+$/, ''),
  }));
  const main = flags.find(({ dashes }) => dashes === '--') ?? flags[0];
  if (main === undefined || main.name === '' || main.name === 'help' || main.name === 'version')
    return null;
  const shape = invocation.replaceAll(FLAG, ' ');
  const choices = choicesIn(shape);
  const said = defaultIn(help);
  const isPair =
    main.isSwitch || flags.some(({ name }) => /^no[-_]/.test(name) && name.slice(3) === main.name);
  const named = isPair ? 'bool' : (typeIn(shape) ?? typeIn(typeWord(help)));
  const valueShape = shape.replaceAll(/[\s,/*:]|<bool>/g, '');
  // absl names no placeholder for the value; every option of it but a switch takes one.
  const takesValue = !isPair && (valueShape !== '' || /--[\w-]+:\s/.test(first));
  const type = takesValue ? (named ?? typeOfText(said)) : 'bool';
  return {
    name: main.name,
    flag: `${main.dashes}${main.name}`,
    type: type ?? (choices.length > 0 ? 'text' : null),
    default: said === undefined ? undefined : valueAs(said, type),
    choices,
    ...rangeIn(`${shape} ${help}`),
    takesValue,
    help: help.replace(/\s*[([](?:type:|default|env var)[^]*$/i, '').trim(),
  };
}

/**
 * Splits a line into the columns that show how the option is written and the help. Columns are
 * separated by two spaces; absl separates by a colon.
 */
function split(line: string): { readonly invocation: string; readonly help: string } {
  const absl = /^\s*(--?(?:\[no-?\])?[\w.-]+):\s+(?:<([^>]*)>:\s*)?(.*)$/.exec(line);
  if (absl !== null)
    return {
      invocation: `${absl[1] ?? ''}${absl[2] === undefined ? '' : ` <${absl[2]}>`}`,
      help: absl[3] ?? '',
    };
  const columns = line
    .trim()
    .replace(/^\*\s+/, '')
    .split(/\s{2,}/);
  const first = columns.findIndex((column, i) => i > 0 && !isInvocation(column));
  const at = first < 0 ? columns.length : first;
  return { invocation: columns.slice(0, at).join('  '), help: columns.slice(at).join(' ') };
}

/** A column after the first that still shows how the option is written. */
function isInvocation(column: string): boolean {
  return /^(-{1,2}[A-Za-z]|<[^>]*>$|\{[^}]*\}$|\[[^\]:]*\|[^\]:]*\]$|(INTEGER|FLOAT|TEXT|PATH|BOOLEAN|INT|STR|FILE|DIRECTORY)\b( RANGE)?$)/.test(
    column,
  );
}

/** Joins wrapped lines; a line that ends in a hyphen was wrapped within a word. */
function joined(lines: readonly string[]): string {
  let text = '';
  for (const line of lines) {
    if (line === '') continue;
    text += text === '' || /\w-$/.test(text) ? line : ` ${line}`;
  }
  return text;
}

function choicesIn(shape: string): string[] {
  const list =
    /\{([^{}]+)\}/.exec(shape)?.[1]?.split(',') ??
    /[[<]([^[\]<>]*\|[^[\]<>]*)[\]>]/.exec(shape)?.[1]?.split('|') ??
    [];
  const choices = list.map((choice) => choice.trim().replaceAll(/^['"]|['"]$/g, ''));
  return choices.length > 1 && choices.every((choice) => choice !== '' && choice !== '...')
    ? choices
    : [];
}

const TYPES: readonly (readonly [RegExp, OptionType])[] = [
  [/\b(int|integer|intrange|positiveint|nonnegativeint)\b/i, 'int'],
  [/\b(float|double|number|floatrange)\b/i, 'float'],
  [/\b(bool|boolean)\b|\{(true,false|false,true|True,False)\}/i, 'bool'],
  [/\b(str|string|text|path|file|filename|directory)\b/i, 'text'],
];

function typeIn(shape: string): OptionType | null {
  return TYPES.find(([pattern]) => pattern.test(shape))?.[1] ?? null;
}

/** Names of types in the help of jsonargparse and fire. */
function typeWord(help: string): string {
  return /\(type:\s*([^,)]*)/.exec(help)?.[1] ?? /\bType:\s*(\w+)/.exec(help)?.[1] ?? '';
}

/** The default that the help names, as text; undefined: none. */
function defaultIn(help: string): string | undefined {
  const bracketed =
    /[[(,;]\s*default(?:s to)?\s*[:=]?\s*((?:'[^']*'|"[^"]*"|\([^()]*\)|\[[^[\]]*\]|[^()[\];])*?)\s*(?:[\]);]|,\s*(?:required|env var))/i.exec(
      help,
    )?.[1];
  const plain = /\bdefault(?:s to| is)?\s*[:=]\s*(\S+)/i.exec(help)?.[1]?.replace(/[.,;)]+$/, '');
  const said = (bracketed ?? plain)?.trim();
  if (said === undefined || said === '') return undefined;
  return said.replaceAll(/^(['"])(.*)\1$/g, '$2');
}

/** The type of a default whose option names none. */
export function typeOfText(text: string | undefined): OptionType | null {
  if (text === undefined || /^(none|null)$/i.test(text)) return null;
  if (/^[+-]?\d+$/.test(text)) return 'int';
  if (Number.isFinite(Number(text)) && text.trim() !== '') return 'float';
  if (/^(true|false)$/i.test(text)) return 'bool';
  return 'text';
}

/** The text of a default as a value of its type. */
export function valueAs(text: string, type: OptionType | null): Literal {
  if (/^(none|null)$/i.test(text)) return null;
  const number = Number(text.replaceAll('_', ''));
  if ((type === 'int' || type === 'float') && text.trim() !== '' && Number.isFinite(number))
    return number;
  if (type === 'bool') return !/^(false|0|no[-_ ].*|no|off)$/i.test(text);
  return text;
}

/** Bounds such as `1<=x<=4096` or `x>=0`. */
function rangeIn(text: string): { low?: number; high?: number } {
  const number = String.raw`(-?[\d.]+(?:e[+-]?\d+)?)`;
  const low =
    new RegExp(String.raw`${number}<=?x\b`).exec(text)?.[1] ??
    new RegExp(String.raw`\bx>=?${number}`).exec(text)?.[1];
  const high = new RegExp(String.raw`\bx<=?${number}`).exec(text)?.[1];
  return {
    ...(low === undefined || !Number.isFinite(Number(low)) ? {} : { low: Number(low) }),
    ...(high === undefined || !Number.isFinite(Number(high)) ? {} : { high: Number(high) }),
  };
}

/** Positional arguments, from the section of argparse and the usage of click. */
function positionalOf(lines: readonly string[]): string[] {
  const section = lines.findIndex((line) => /^\s*positional arguments:?\s*$/i.test(line));
  if (section < 0) {
    const usage = lines.find((line) => /^\s*usage:/i.test(line)) ?? '';
    const after = usage.split(/\[OPTIONS\]/)[1] ?? '';
    return [...after.matchAll(/(?<![[\w.])([A-Z][A-Z0-9_]*)\b(?!\])/g)].map(
      ([, name = '']) => name,
    );
  }
  const names: string[] = [];
  for (const line of lines.slice(section + 1)) {
    if (line.trim() === '') break;
    const name = /^ {1,4}(\{[^}]*\}|[A-Za-z][\w.-]*)/.exec(line)?.[1];
    if (name !== undefined) names.push(name);
  }
  return names;
}

/** Leaves of the YAML block that Hydra prints. */
function hydraOptions(lines: readonly string[]): ScriptOption[] {
  const options: ScriptOption[] = [];
  const above: { indent: number; name: string }[] = [];
  for (const line of lines) {
    if (/^Powered by Hydra|^Use --hydra-help/.test(line)) break;
    const match = /^( *)([\w.-]+):(?:\s+(.*))?$/.exec(line);
    if (match === null) continue;
    const [, { length: indent } = '', name = '', text = ''] = match;
    while ((above.at(-1)?.indent ?? -1) >= indent) above.pop();
    const path = [...above.map((each) => each.name), name].join('.');
    if (text === '') {
      above.push({ indent, name });
      continue;
    }
    const value = text.replaceAll(/^(['"])(.*)\1$/g, '$2');
    const type = /^[[{]/.test(value) ? 'text' : typeOfText(value);
    options.push({
      name: path,
      flag: path,
      type,
      default: valueAs(value, type),
      choices: [],
      takesValue: true,
      help: '',
    });
  }
  return options;
}
