/** Types of the values of a configuration file, and the error of one that cannot be used. */
import type { ParamValue } from '../../../core/search-space/distribution.ts';

export type EntryKind = 'number' | 'text' | 'boolean' | 'nothing' | 'group' | 'other';

export interface ConfigEntry {
  /** Keys and positions in lists from the top of the file, joined by dots: `optimizer.betas.0`. */
  readonly name: string;
  readonly kind: EntryKind;
  /** Null for groups and others as well. */
  readonly value: ParamValue;
  /** Text of the value in the file; of an alias, that of its anchor. */
  readonly source: string;
  /** Offsets of the text that a new value replaces. */
  readonly from: number;
  readonly to: number;
}

/** @param value as YAML, or a parameter, has it */
export function kindOf(value: unknown): EntryKind {
  if (value === null) return 'nothing';
  if (typeof value === 'number') return 'number';
  if (typeof value === 'string') return 'text';
  return typeof value === 'boolean' ? 'boolean' : 'other';
}

/** A file that cannot be used; the message says where and why. */
export class ConfigError extends Error {}
