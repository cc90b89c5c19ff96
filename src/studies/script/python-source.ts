/**
 * Reads calls and texts of a Python source without running it. Pure and approximate:
 * knows strings, comments and brackets, no grammar.
 */
import { withoutTexts } from '../../objectives/command/python/python-imports.ts';
import type { Literal } from './help-text.ts';

/** Value of an argument: a literal, a list of literals, or the source text of anything else. */
export type Argument =
  { readonly literal: Literal } | { readonly list: readonly Literal[] } | { readonly code: string };

export interface Call {
  /** Dotted name as written, such as `trial.suggest_float`. */
  readonly name: string;
  /** Position in the source. */
  readonly at: number;
  readonly positional: readonly Argument[];
  readonly named: Readonly<Record<string, Argument>>;
}

/** Deepest nesting of brackets that is followed. */
const DEEPEST = 100;

/** Returns the calls whose dotted name matches, in order. */
export function callsIn(source: string, name: RegExp): Call[] {
  const bare = withoutTexts(source);
  const calls: Call[] = [];
  for (const match of bare.matchAll(/(?<![\w.])[A-Za-z_]\w*(?:\s*\.\s*[A-Za-z_]\w*)*\s*\(/g)) {
    const called = match[0].slice(0, -1).replaceAll(/\s/g, '');
    if (!name.test(called) || /\b(?:def|class)\s+$/.test(bare.slice(0, match.index).slice(-20)))
      continue;
    const begin = match.index + match[0].length;
    const parts = splitArguments(bare, begin);
    if (parts === null) continue;
    const positional: Argument[] = [];
    const named: Record<string, Argument> = {};
    for (const [from, to] of parts) {
      const text = source.slice(from, to);
      const keyword = /^\s*([A-Za-z_]\w*)\s*=(?!=)/.exec(bare.slice(from, to));
      if (keyword === null) {
        if (text.trim() !== '') positional.push(argumentOf(text));
      } else named[keyword[1] ?? ''] = argumentOf(text.slice(keyword[0].length));
    }
    calls.push({ name: called, at: match.index, positional, named });
  }
  return calls;
}

/** Ranges of the arguments from an opening bracket on; null: it is never closed. */
function splitArguments(bare: string, begin: number): [number, number][] | null {
  const parts: [number, number][] = [];
  let depth = 0;
  let from = begin;
  for (let at = begin; at < bare.length; at++) {
    const character = bare.charAt(at);
    if ('([{'.includes(character)) depth += 1;
    else if (')]}'.includes(character)) {
      depth -= 1;
      if (depth < 0) {
        parts.push([from, at]);
        return parts;
      }
    } else if (character === ',' && depth === 0) {
      parts.push([from, at]);
      from = at + 1;
    }
    if (depth > DEEPEST) return null;
  }
  return null;
}

function argumentOf(text: string): Argument {
  const trimmed = text.trim();
  const literal = literalOf(trimmed);
  if (literal !== undefined) return { literal };
  const inside = /^[[(]([^]*)[\])]$/.exec(trimmed)?.[1];
  if (inside !== undefined) {
    const bare = `${withoutTexts(inside)})`;
    const items = (splitArguments(bare, 0) ?? [])
      .map(([from, to]) => inside.slice(from, to).trim())
      .filter((item) => item !== '');
    const values = items.map(literalOf);
    if (values.length > 0 && values.every((value) => value !== undefined)) return { list: values };
  }
  return { code: trimmed };
}

/** A number, text, True, False or None; undefined: anything else. */
export function literalOf(text: string): Literal | undefined {
  const known = { True: true, False: false, None: null }[text];
  if (known !== undefined) return known;
  if (/^[+-]?(?:\d[\d_]*\.?[\d_]*|\.\d[\d_]*)(?:[eE][+-]?\d+)?$/.test(text)) {
    const number = Number(text.replaceAll('_', ''));
    return Number.isFinite(number) ? number : undefined;
  }
  const power = /^(\d+)\s*\*\*\s*(-?\d+)$/.exec(text);
  if (power !== null) {
    const number = Number(power[1]) ** Number(power[2]);
    return Number.isFinite(number) ? number : undefined;
  }
  const quoted = /^[rRuUbB]?(["'])((?:\\[^]|(?!\1)[^\\\n])*)\1$/.exec(text)?.[2];
  return quoted?.replaceAll(/\\([^])/g, (_, escaped: string) =>
    escaped === 'n' ? '\n' : escaped === 't' ? '\t' : escaped,
  );
}

/** The literal of an argument; undefined: absent, a list or code. */
export function literal(argument: Argument | undefined): Literal | undefined {
  return argument !== undefined && 'literal' in argument ? argument.literal : undefined;
}

export function numberOf(argument: Argument | undefined): number | undefined {
  const value = literal(argument);
  return typeof value === 'number' ? value : undefined;
}

export function textOf(argument: Argument | undefined): string | undefined {
  const value = literal(argument);
  return typeof value === 'string' ? value : undefined;
}
