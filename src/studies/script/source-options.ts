/** Options that a script declares with argparse or click, read from its source. Pure. */
import type { OptionType, ScriptOption } from './help-text.ts';
import { callsIn, literal, numberOf, textOf } from './python-source.ts';
import type { Argument, Call } from './python-source.ts';

/** Returns the options of `add_argument`, `click.option` and absl's `DEFINE_…` calls. */
export function sourceOptions(source: string): ScriptOption[] {
  return callsIn(source, /(^|\.)(add_argument|option|DEFINE_(float|integer|enum|string))$/).flatMap(
    (call) => {
      const option = call.name.includes('DEFINE_') ? abslOption(call) : flagOption(call);
      return option === null ? [] : [option];
    },
  );
}

/**
 * Combines what the help shows with what the source declares: the help decides which options there
 * are, the source adds types, defaults and choices that the help does not show.
 */
export function withSource(
  shown: readonly ScriptOption[],
  declared: readonly ScriptOption[],
): ScriptOption[] {
  return shown.map((option) => {
    const known = declared.find(({ flag }) => flag === option.flag);
    if (known === undefined) return option;
    return {
      ...option,
      type: known.type ?? option.type,
      default: option.default ?? known.default,
      choices: option.choices.length > 0 ? option.choices : known.choices,
    };
  });
}

function flagOption({ positional, named }: Call): ScriptOption | null {
  const flags = positional.flatMap((argument) => textOf(argument) ?? []);
  const main = flags.find((flag) => flag.startsWith('--')) ?? flags.find((f) => f.startsWith('-'));
  if (main === undefined) return null;
  const [flag = ''] = main.split(/\s*\/\s*/);
  const action = textOf(named['action']) ?? '';
  const code = codeOf(named['action']);
  const isSwitch =
    /^store_(true|false|const)$|^count$|^version$/.test(action) ||
    code.includes('BooleanOptionalAction') ||
    literal(named['is_flag']) === true ||
    main.includes('/');
  const value = literal(named['default']);
  const choices = choicesOf(named['choices']) ?? choicesOf(inChoice(named['type'])) ?? [];
  const type = isSwitch ? 'bool' : (typeOf(named['type']) ?? typeOfValue(value));
  return {
    name: flag.replace(/^-+/, ''),
    flag,
    type: type ?? (choices.length > 0 ? 'text' : null),
    default: value ?? undefined,
    choices,
    takesValue: !isSwitch,
    help: textOf(named['help']) ?? '',
  };
}

function abslOption({ name, positional, named }: Call): ScriptOption | null {
  const [called, value, third] = positional;
  const option = textOf(called);
  if (option === undefined) return null;
  const type = name.includes('float') ? 'float' : name.includes('integer') ? 'int' : 'text';
  return {
    name: option,
    flag: `--${option}`,
    type,
    default: literal(value) ?? undefined,
    choices: name.endsWith('enum') ? (choicesOf(third ?? named['enum_values']) ?? []) : [],
    low: numberOf(named['lower_bound']),
    high: numberOf(named['upper_bound']),
    takesValue: true,
    help: '',
  };
}

function codeOf(argument: Argument | undefined): string {
  return argument !== undefined && 'code' in argument ? argument.code : '';
}

/** The list in `click.Choice([...])`. */
function inChoice(argument: Argument | undefined): Argument | undefined {
  return callsIn(codeOf(argument), /(^|\.)Choice$/)[0]?.positional[0];
}

function choicesOf(argument: Argument | undefined): string[] | undefined {
  return argument !== undefined && 'list' in argument ? argument.list.map(String) : undefined;
}

function typeOf(argument: Argument | undefined): OptionType | undefined {
  const code = codeOf(argument);
  if (/^(int|.*\b(IntRange|INT)\b.*)$/.test(code)) return 'int';
  if (/^(float|.*\b(FloatRange|FLOAT)\b.*)$/.test(code)) return 'float';
  if (/^(str|Path|.*\bPath\b.*)$/.test(code)) return 'text';
  return undefined;
}

function typeOfValue(value: unknown): OptionType | undefined {
  if (typeof value === 'number') return Number.isInteger(value) ? undefined : 'float';
  return typeof value === 'string' ? 'text' : undefined;
}
