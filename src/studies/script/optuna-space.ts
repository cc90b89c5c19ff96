/**
 * Reads the search space of an Optuna script from its `suggest_…` calls: ranges, conditions of
 * `if VARIABLE == "choice"`, and names that a loop numbers. Pure.
 */
import type {
  Condition,
  Distribution,
  ParamValue,
  SearchSpace,
} from '../../core/search-space/distribution.ts';
import { callsIn, literal, textOf } from './python-source.ts';
import type { Argument, Call } from './python-source.ts';
import {
  branchesAbove,
  codeOfConstant,
  constantIn,
  headersAround,
  repetitionsAt,
} from './source-blocks.ts';

export interface OptunaScript {
  readonly space: SearchSpace;
  /** Name of the objective's function. */
  readonly objective: string;
  /** Directions that `create_study` names, `minimize` where it names none. */
  readonly directions: readonly ('minimize' | 'maximize')[];
  readonly reports: boolean;
  /** Number of reports of a trial; undefined: unknown. */
  readonly epochs: number | undefined;
  readonly notes: readonly string[];
}

const SUGGEST = /(^|\.)suggest_(float|int|categorical|uniform|loguniform|discrete_uniform)$/;
/** Most parameters that a loop numbers. */
const MOST_NUMBERED = 32;

/** Null: the script suggests nothing. */
export function optunaScript(source: string): OptunaScript | null {
  const calls = callsIn(source, SUGGEST);
  if (calls.length === 0) return null;
  const space: Record<string, Distribution> = {};
  const notes: string[] = [];
  for (const call of calls) {
    const range = rangeOf(source, call);
    const names = namesOf(source, call, space);
    if (typeof range === 'string' || names.length === 0) {
      const where = `line ${String(source.slice(0, call.at).split('\n').length)}`;
      notes.push(
        typeof range === 'string'
          ? `${where}: ${range}; add the parameter to searchSpace`
          : `${where}: the name of the parameter is computed; add its names to searchSpace`,
      );
      continue;
    }
    const when = conditionOf(source, call.at, space);
    for (const { name, extra } of names) {
      const before = Object.hasOwn(space, name) ? space[name] : undefined;
      const conditions = { ...when, ...extra };
      if (before === undefined) {
        space[name] = Object.keys(conditions).length > 0 ? { ...range, when: conditions } : range;
      } else {
        const unconditional = { ...before, when: undefined };
        if (JSON.stringify(unconditional) !== JSON.stringify(range))
          notes.push(`${name} is suggested with two ranges; searchSpace has the first`);
        space[name] = unconditional;
      }
    }
  }
  const reports = callsIn(source, /^trial\.report$/);
  return {
    space,
    ...studyOf(source),
    reports: reports.length > 0,
    epochs: reports[0] === undefined ? undefined : repetitionsAt(source, reports[0].at),
    notes: [...notes, ...guardNotes(source)],
  };
}

function rangeOf(source: string, { name, positional, named }: Call): Distribution | string {
  const kind = SUGGEST.exec(name)?.[2] ?? '';
  const argument = (key: string, place: number): Argument | undefined =>
    named[key] ?? positional[place];
  if (kind === 'categorical') {
    const choices = choicesOf(source, argument('choices', 1));
    return choices === null
      ? 'the choices are not written as a list of numbers and texts'
      : { type: 'categorical', choices };
  }
  const low = boundOf(source, argument('low', 1));
  const high = boundOf(source, argument('high', 2));
  if (low === undefined || high === undefined) return 'the range is not written as two numbers';
  const stepArgument = kind === 'discrete_uniform' ? argument('q', 3) : named['step'];
  const step = boundOf(source, stepArgument);
  const log = kind === 'loguniform' || literal(named['log']) === true;
  const type = kind === 'int' ? 'int' : 'float';
  return {
    type,
    low,
    high,
    ...(log ? { log } : {}),
    ...(step === undefined || log ? {} : { step }),
  };
}

function boundOf(source: string, argument: Argument | undefined): number | undefined {
  if (argument === undefined || 'list' in argument) return undefined;
  if ('code' in argument) return constantIn(source, argument.code);
  return typeof argument.literal === 'number' ? argument.literal : undefined;
}

/** Choices as JSON values; one that JSON cannot represent is its text, as the module expects. */
function choicesOf(source: string, argument: Argument | undefined): readonly ParamValue[] | null {
  if (argument === undefined) return null;
  if ('list' in argument) return unique(argument.list);
  const code = 'code' in argument ? codeOfConstant(source, argument.code) : undefined;
  if (code === undefined) return null;
  const [call] = callsIn(`list_of(${code})`, /^list_of$/);
  const [list] = call?.positional ?? [];
  return list !== undefined && 'list' in list ? unique(list.list) : null;
}

function unique(values: readonly ParamValue[]): readonly ParamValue[] | null {
  return values.length > 0 && new Set(values).size === values.length ? values : null;
}

interface Name {
  readonly name: string;
  /** Condition that the loop adds: enough layers that this one exists. */
  readonly extra: Condition;
}

/** The parameter's name, or one for each round of the loop that numbers it. */
function namesOf(source: string, call: Call, space: SearchSpace): Name[] {
  const argument = call.named['name'] ?? call.positional[0];
  const plain = textOf(argument);
  if (plain !== undefined) return [{ name: plain, extra: {} }];
  const code = argument !== undefined && 'code' in argument ? argument.code : '';
  const pattern =
    /^f(["'])([^{}"']*)\{(\w+)\}([^{}"']*)\1$/.exec(code)?.slice(2) ??
    [...(/^(["'])([^{}"']*)\{\}([^{}"']*)\1\.format\((\w+)\)$/.exec(code)?.slice(2) ?? [])].map(
      (part, i, parts) => (i === 1 ? (parts[2] ?? '') : i === 2 ? (parts[1] ?? '') : part),
    );
  const [before = '', counter = '', after = ''] = pattern;
  if (counter === '') return [];
  for (const { text } of headersAround(source, call.at)) {
    const loop = new RegExp(`^for\\s+${counter}\\s+in\\s+range\\(\\s*(\\w+)\\s*\\)$`).exec(text);
    if (loop === null) continue;
    const bound = loop[1] ?? '';
    const parent = parameterOf(source, bound);
    const range = parent === undefined ? undefined : space[parent];
    const count = range?.type === 'int' ? range.high : constantIn(source, bound);
    if (count === undefined || count > MOST_NUMBERED) return [];
    return Array.from({ length: count }, (_, i) => ({
      name: `${before}${String(i)}${after}`,
      extra:
        parent === undefined || range?.type !== 'int' || i < range.low
          ? {}
          : { [parent]: numbers(i + 1, range.high) },
    }));
  }
  return [];
}

function numbers(from: number, to: number): number[] {
  return Array.from({ length: to - from + 1 }, (_, i) => from + i);
}

/** The parameter whose suggestion a variable is set to. */
function parameterOf(source: string, variable: string): string | undefined {
  const direct = /^\w+\.params\[\s*["'](\w+)["']\s*\]$/.exec(variable)?.[1];
  if (direct !== undefined) return direct;
  for (const call of callsIn(source, SUGGEST)) {
    const line = source.slice(source.lastIndexOf('\n', call.at) + 1, call.at);
    if (/^\s*(\w+)\s*(?::[^=]+)?=\s*$/.exec(line)?.[1] === variable)
      return textOf(call.named['name'] ?? call.positional[0]);
  }
  return undefined;
}

/** The condition of the blocks around a call, as far as they compare with choices. */
function conditionOf(source: string, at: number, space: SearchSpace): Condition {
  const condition: Record<string, readonly ParamValue[]> = {};
  for (const header of headersAround(source, at)) {
    if (/^def\b/.test(header.text)) break;
    const test = /^(?:if|elif)\s+([^]*)$/.exec(header.text)?.[1];
    const found =
      test === undefined
        ? header.text === 'else'
          ? otherwise(source, branchesAbove(source, header), space)
          : null
        : comparison(source, test, space);
    if (found !== null && found.values.length > 0) condition[found.name] ??= found.values;
  }
  return condition;
}

interface Comparison {
  readonly name: string;
  readonly values: readonly ParamValue[];
}

function comparison(source: string, test: string, space: SearchSpace): Comparison | null {
  const parts = /^([\w.[\]"']+)\s*(==|in)\s*([^]+)$/.exec(test.trim());
  const name = parts === null ? undefined : parameterOf(source, parts[1] ?? '');
  const parent = name === undefined ? undefined : space[name];
  if (name === undefined || parent?.type !== 'categorical') return null;
  const [call] = callsIn(`value(${parts?.[3] ?? ''})`, /^value$/);
  const [value] = call?.positional ?? [];
  const wanted =
    value === undefined
      ? []
      : 'list' in value
        ? value.list
        : 'literal' in value
          ? [value.literal]
          : [];
  const values = wanted.filter((each) => parent.choices.includes(each));
  return values.length === wanted.length ? { name, values } : null;
}

/** The choices that no branch above an `else` compares with. */
function otherwise(
  source: string,
  branches: readonly string[],
  space: SearchSpace,
): Comparison | null {
  const compared = branches.map((branch) => comparison(source, branch, space));
  const [first] = compared;
  if (first === undefined || first === null) return null;
  if (compared.some((each) => each?.name !== first.name)) return null;
  const parent = space[first.name];
  if (parent?.type !== 'categorical') return null;
  const taken = compared.flatMap((each) => each?.values ?? []);
  return { name: first.name, values: parent.choices.filter((choice) => !taken.includes(choice)) };
}

function studyOf(source: string): Pick<OptunaScript, 'objective' | 'directions'> {
  const [study] = callsIn(source, /(^|\.)create_study$/);
  const single = textOf(study?.named['direction']);
  const list = study?.named['directions'];
  const named = list !== undefined && 'list' in list ? list.list : [single ?? 'minimize'];
  const [optimize] = callsIn(source, /\.optimize$/);
  const called = optimize?.named['func'] ?? optimize?.positional[0];
  const code = called !== undefined && 'code' in called ? called.code : '';
  return {
    objective: /^[A-Za-z_]\w*$/.test(code) ? code : 'objective',
    directions: named.map((each) => (each === 'maximize' ? 'maximize' : 'minimize')),
  };
}

function guardNotes(source: string): string[] {
  const [optimize] = callsIn(source, /\.optimize$/);
  if (optimize === undefined || headersAround(source, optimize.at).length > 0) return [];
  return [
    'the script calls study.optimize whenever it is imported: put that part under if __name__ == "__main__":',
  ];
}
