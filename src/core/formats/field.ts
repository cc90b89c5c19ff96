/**
 * The fields of a written format as values. The reader that validates, the TypeScript types and the
 * published JSON Schema all derive from them. Not how a value is read or resolved.
 */
import type { Range } from './range.ts';

/** Rows and columns. */
export type Pair = readonly [number, number];

/** A literal, or a parameter's value times `times` over `over`. */
export type Numeric =
  number | { readonly $param: string; readonly times?: number; readonly over?: number };

interface Written {
  /** Meaning, for editors; `%` stands for the default. */
  readonly says?: string;
  /** The field may be absent although it has no default. */
  readonly optional?: true;
  /** Types of a tagged union that have this field; absent: every type. */
  readonly of?: readonly string[];
}

interface NumberField extends Written {
  readonly range: Range;
  readonly default?: number;
  /** Default of single types of a tagged union. */
  readonly defaultOf?: Readonly<Record<string, number>>;
}

/** An integer that decides the plan. */
interface WholeField extends NumberField {
  readonly kind: 'whole';
  /** A word that may stand instead. */
  readonly or?: string;
}
/** An integer for rows and columns, or one for each; a default counts for both. */
interface PairField extends NumberField {
  readonly kind: 'pair';
  readonly or?: string;
}
/** A number that decides the plan. */
interface RealField extends NumberField {
  readonly kind: 'real';
}
/** A number that each lane of a cohort has its own value of. */
interface LaneField extends NumberField {
  readonly kind: 'lane' | 'whole-lane';
}
/** A number that the search cannot decide. */
interface LiteralField extends NumberField {
  readonly kind: 'literal';
  /** Text for `expected` in an error. */
  readonly expected: string;
}
interface FlagField extends Written {
  readonly kind: 'flag';
  readonly default: boolean;
}
interface WordField extends Written {
  readonly kind: 'word';
  readonly words: readonly string[];
  readonly default?: string;
}

export type Field =
  WholeField | PairField | RealField | LaneField | LiteralField | FlagField | WordField;

export type Fields = Readonly<Record<string, Field>>;

/** A field's value without the word that may stand instead of a number. */
export type ValueOf<F extends Field> = F extends { kind: 'word'; words: readonly (infer Word)[] }
  ? Word
  : F extends { kind: 'flag' }
    ? boolean
    : F extends { kind: 'pair' }
      ? Pair
      : F extends { kind: 'lane' | 'whole-lane' }
        ? Numeric
        : number;

/** A field's value as it is read. */
export type ReadOf<F extends Field> = ValueOf<F> | (F extends { or: infer Word } ? Word : never);

type Defaulted = { readonly default: unknown } | { readonly defaultOf: unknown };

/** Values of fields that were read: only an `optional` one may be absent. */
export type ReadFields<F extends Fields> = {
  readonly [K in keyof F as F[K] extends { optional: true } ? never : K]: ReadOf<F[K]>;
} & { readonly [K in keyof F as F[K] extends { optional: true } ? K : never]?: ReadOf<F[K]> };

/** Values of fields as a person writes them: what has a default may be absent too. */
export type WrittenFields<F extends Fields> = {
  readonly [K in keyof F as F[K] extends Defaulted | { optional: true } ? never : K]: ValueOf<F[K]>;
} & {
  readonly [K in keyof F as F[K] extends Defaulted | { optional: true } ? K : never]?: ValueOf<
    F[K]
  >;
};

/** Values of fields once everything is decided: none absent, no word instead of a number. */
export type SettledFields<F extends Fields> = { readonly [K in keyof F]: ValueOf<F[K]> };

/** The fields of one type of a tagged union. */
export type FieldsOf<F extends Fields, Type extends string> = {
  readonly [
    K in keyof F as F[K] extends { of: readonly (infer Of)[] } ? (Type extends Of ? K : never) : K
  ]: F[K];
};

/** The fields of one type, those of every type first, with the defaults of that type. */
export function fieldsOf<F extends Fields, Type extends string>(
  fields: F,
  type: Type,
): FieldsOf<F, Type> {
  const all = Object.entries(fields);
  const shared = all.filter(([, { of }]) => of === undefined);
  const own = all.filter(([, { of }]) => of?.includes(type) === true);
  const entries = [...shared, ...own].map(([name, field]) => [name, withDefaultOf(field, type)]);
  // The filter above is the type's, which TypeScript cannot follow through entries.
  return Object.fromEntries(entries) as FieldsOf<F, Type>;
}

function withDefaultOf(field: Field, type: string): Field {
  if (!('defaultOf' in field)) return field;
  const own = field.defaultOf[type];
  return own === undefined ? field : { ...field, default: own };
}
