/**
 * Edits of training settings and layer fields: values that are numbers or references to parameters
 * of the search space. Pure.
 */
import { at, numberTyped, objectOf, put, usual, withObjective } from './study-edits.ts';
import type { Json, JsonObject, Study } from './study-edits.ts';

/**
 * Fields of an optimizer, in the order of the form, with the defaults of training; null when
 * required or off.
 */
export const optimizers: Readonly<Record<string, Readonly<Record<string, number | null>>>> = {
  sgd: { learningRate: null, momentum: null, weightDecay: 0 },
  adam: { learningRate: null, beta1: 0.9, beta2: 0.999, epsilon: 1e-8, weightDecay: 0 },
  adamw: { learningRate: null, beta1: 0.9, beta2: 0.999, epsilon: 1e-8, weightDecay: 0.01 },
  rmsprop: { learningRate: null, momentum: null, alpha: 0.99, epsilon: 1e-8, weightDecay: 0 },
};

/** Further fields of an optimizer that the form leaves to JSON. */
const KEPT: Readonly<Record<string, readonly string[]>> = {
  sgd: ['decay', 'nesterov'],
  adam: ['decay'],
  adamw: ['decay'],
  rmsprop: ['decay'],
};

/** Adaptive optimizers need smaller steps than SGD. */
const RATES: Readonly<Record<'sgd' | 'adaptive', JsonObject>> = {
  sgd: usual['learningRate'] ?? {},
  adaptive: { type: 'float', low: 0.0001, high: 0.1, log: true },
};

/**
 * The study with another optimizer; keeps settings that both have, and adapts a default range of
 * the learning rate.
 */
export function withOptimizer(study: Study, type: string): Study {
  const objective = objectOf(study['objective']);
  const settings = objectOf(objective['settings']);
  const before = objectOf(settings['optimizer']);
  const fields = [...Object.keys(optimizers[type] ?? {}), ...(KEPT[type] ?? [])];
  const kept = Object.entries(before).filter(([field]) => fields.includes(field));
  const optimizer: JsonObject = { ...Object.fromEntries(kept), type };
  const next = withObjective(study, { ...objective, settings: { ...settings, optimizer } });
  const name = at(optimizer, 'learningRate', '$param');
  if (typeof name !== 'string') return next;
  const [from, to] = [ratesOf(before['type']), ratesOf(type)];
  const isDefault = JSON.stringify(at(next, 'searchSpace', name)) === JSON.stringify(from);
  return isDefault ? put(next, ['searchSpace', name], to) : next;
}

function ratesOf(type: Json | undefined): JsonObject {
  return type === 'sgd' ? RATES.sgd : RATES.adaptive;
}

/** Sets a training setting at a path below `settings`. */
export function withSetting(study: Study, path: readonly string[], value: Json | undefined): Study {
  const objective = objectOf(study['objective']);
  return withObjective(study, {
    ...objective,
    settings: put(objectOf(objective['settings']), path, value),
  });
}

/** Text of a value in a field; null when only JSON can express it. */
export function valueText(value: Json | undefined): string | null {
  if (value === undefined) return '';
  if (Array.isArray(value))
    return (value as readonly Json[]).map((part) => JSON.stringify(part)).join(', ');
  if (typeof value !== 'object' || value === null) return String(value);
  const { $param, ...rest } = value as JsonObject;
  return typeof $param === 'string' && Object.keys(rest).length === 0 ? $param : null;
}

/** Name of the parameter that a value refers to; null when it is not a reference. */
export function referenceIn(value: Json | undefined): string | null {
  const name = objectOf(value)['$param'];
  return typeof name === 'string' ? name : null;
}

/**
 * Parses a number, a pair of numbers, one of `words`, or the name of a known parameter as a
 * reference. Keeps other text, so that the engine reports it; undefined when empty.
 */
export function valueTyped(
  typed: string,
  names: readonly string[],
  words: readonly string[] = [],
): Json | undefined {
  const text = typed.trim();
  if (words.includes(text)) return text;
  if (names.includes(text) || Object.hasOwn(usual, text)) return { $param: text };
  if (text.includes(',')) {
    const parts = text.split(',').map((part) => numberTyped(part) ?? null);
    if (parts.every((part) => typeof part === 'number')) return parts;
  }
  return numberTyped(typed);
}
