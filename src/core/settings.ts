/** Settings of samplers and pruners: their tables, checks and defaults. */
import type { Problem } from './errors.ts';
import { didYouMean } from './search-space/did-you-mean.ts';

export interface NumberSetting {
  readonly integer: boolean;
  readonly low: number;
  readonly high: number;
  /** Null if unset by default. */
  readonly default: number | null;
  readonly meaning: string;
}

/** A setting that takes one of several words. */
export interface WordSetting {
  readonly words: readonly string[];
  readonly default: string;
  readonly meaning: string;
}

export type Setting = NumberSetting | WordSetting;

export type SettingTable = Readonly<Record<string, Setting>>;
/** Values by name; null for a number that is unset. */
export type Settings = Readonly<Record<string, number | string | null>>;

/** An entry of a study file: a name, and settings. */
export interface NamedSettings {
  readonly name: string;
  readonly [setting: string]: unknown;
}

/**
 * Returns the problems of an entry's settings.
 * @param path position of the entry, used as prefix of the problems' paths
 */
export function checkSettings(table: SettingTable, spec: NamedSettings, path: string): Problem[] {
  const problems: Problem[] = [];
  for (const [name, value] of Object.entries(spec)) {
    if (name === 'name') continue;
    const setting = Object.hasOwn(table, name) ? table[name] : undefined;
    const at = `${path}.${name}`;
    if (setting === undefined) {
      const hint = didYouMean(name, Object.keys(table));
      problems.push({
        code: 'unknown-setting',
        path: at,
        expected: `a setting of ${spec.name}`,
        found: name,
        hint,
      });
    } else if (!isLegal(setting, value)) {
      const found = typeof value === 'number' ? String(value) : JSON.stringify(value);
      const hint =
        'words' in setting && typeof value === 'string'
          ? didYouMean(value, setting.words)
          : undefined;
      problems.push({
        code: 'illegal-setting',
        path: at,
        expected: expectedOf(setting),
        found,
        ...(hint === undefined ? {} : { hint }),
      });
    }
  }
  return problems;
}

/** Returns the value of every setting of a checked entry. */
export function settingsOf(table: SettingTable, spec: NamedSettings): Settings {
  return Object.fromEntries(
    Object.entries(table).map(([name, setting]) => {
      const value = spec[name];
      return [name, isLegal(setting, value) ? value : setting.default];
    }),
  );
}

/** Returns a setting that has a default and therefore always a value. */
export function required(settings: Settings, name: string): number {
  const value = optional(settings, name);
  if (value === null) throw new RangeError(`the setting ${name} has no value`);
  return value;
}

/** Returns a number, or null if it is unset. */
export function optional(settings: Settings, name: string): number | null {
  const value = settings[name] ?? null;
  if (typeof value === 'string') throw new RangeError(`the setting ${name} is no number`);
  return value;
}

/** Returns a setting that takes one of these words. */
export function word<W extends string>(settings: Settings, name: string, words: readonly W[]): W {
  const value = words.find((each) => each === settings[name]);
  if (value === undefined) throw new RangeError(`the setting ${name} has no value`);
  return value;
}

/**
 * Returns the problem of an entry whose name is unknown.
 * @param kind of the entry: `sampler` or `pruner`
 * @param path position of the entry
 * @param names all known names
 */
export function unknownName(
  kind: string,
  name: string,
  path: string,
  names: readonly string[],
): Problem {
  return {
    code: `unknown-${kind}`,
    path: `${path}.name`,
    expected: `a ${kind}`,
    found: JSON.stringify(name),
    hint: didYouMean(name, names),
  };
}

function isLegal(setting: Setting, value: unknown): value is number | string {
  if ('words' in setting) return typeof value === 'string' && setting.words.includes(value);
  const { integer, low, high } = setting;
  return (
    typeof value === 'number' &&
    value >= low &&
    value <= high &&
    (!integer || Number.isInteger(value))
  );
}

function expectedOf(setting: Setting): string {
  if ('words' in setting) return `one of ${setting.words.join(', ')}`;
  const { integer, low, high } = setting;
  return `${integer ? 'an integer' : 'a number'} from ${low} to ${high}`;
}
