/**
 * The parts of numpy that pickles of datasets refer to, constructed by hand: dtypes, arrays,
 * numbers. No name is ever looked up or called.
 */
import type { DatasetError } from '../dataset-error.ts';

/** Creates the error at the current opcode. */
export type Refuse = (expected: string, found: string, hint?: string) => DatasetError;

/**
 * Bytes of the file that are not read yet. `utf8`: stored as text in which each character is a
 * byte.
 */
export interface Stored {
  readonly kind: 'stored';
  readonly offset: number;
  readonly length: number;
  readonly utf8: boolean;
}

export interface NumpyArray {
  readonly kind: 'array';
  readonly shape: readonly number[];
  /** numpy's type with its byte order: `|u1`, `<i8`. */
  readonly type: string;
  readonly fortran: boolean;
  readonly content: Stored | Uint8Array | readonly Pickled[];
}

export type Pickled =
  | null
  | boolean
  | number
  | string
  | Uint8Array
  | Stored
  | NumpyArray
  | Opaque
  | Pickled[]
  | Map<Pickled, Pickled>;

/** A part of numpy under construction. */
interface Opaque {
  readonly kind: 'global' | 'dtype' | 'blank';
  readonly name: string;
}

const ALLOWED: ReadonlySet<string> = new Set(
  ['numpy.core.multiarray', 'numpy._core.multiarray', 'numpy.core.numeric', 'numpy._core.numeric']
    .flatMap((module) => [`${module}._reconstruct`, `${module}._frombuffer`, `${module}.scalar`])
    .concat(
      'numpy.ndarray',
      'numpy.dtype',
      '_codecs.encode',
      'collections.OrderedDict',
      '__builtin__.bytes',
      'builtins.bytes',
      '__builtin__.bytearray',
      'builtins.bytearray',
    ),
);

/** Accepts only parts of numpy, by name; they are represented by values and never loaded. */
export function named(module: string, name: string, refuse: Refuse): Pickled {
  const full = `${module}.${name}`;
  if (!ALLOWED.has(full))
    throw refuse(
      "numpy's arrays and plain data",
      `the name ${full}`,
      'a pickle that could run code is not read',
    );
  return { kind: 'global', name: full };
}

/** Result of calling one of numpy's parts, computed without calling it. */
export function reduce(callee: Pickled, args: Pickled[], refuse: Refuse): Pickled {
  const name = isOpaque(callee, 'global') ? callee.name : '';
  if (name.endsWith('._reconstruct')) return { kind: 'blank', name: 'array' };
  if (name === 'numpy.dtype') return { kind: 'dtype', name: textOf(args[0]) };
  if (name === 'collections.OrderedDict') return new Map();
  if (name === '_codecs.encode') return encoded(args[0] ?? null, refuse);
  if (/\.bytes$|\.bytearray$/.test(name)) return args[0] ?? new Uint8Array(0);
  if (name.endsWith('.scalar')) return scalar(args, refuse);
  if (name.endsWith('._frombuffer')) {
    const [content, type, shape, order] = args;
    return arrayOf(shape ?? null, type ?? null, order === 'F', content ?? null, refuse);
  }
  throw refuse(
    "numpy's arrays and plain data",
    name === '' ? 'a call of something else' : `a call of ${name}`,
  );
}

/** Sets the state of a part: creates the array itself from the placeholder of `_reconstruct`. */
export function build(target: Pickled, state: Pickled, refuse: Refuse): Pickled {
  const parts = Array.isArray(state) ? state : [];
  if (isOpaque(target, 'dtype')) {
    const order = textOf(parts[1]) || '|';
    return Object.assign(target, { name: `${order}${target.name.replace(/^[<>|=]/, '')}` });
  }
  if (isOpaque(target, 'blank')) {
    const [, shape, type, fortran, content] = parts;
    return arrayOf(shape ?? null, type ?? null, fortran === true, content ?? null, refuse);
  }
  throw refuse("the state of one of numpy's arrays", 'that of something else');
}

function arrayOf(
  shape: Pickled,
  type: Pickled,
  fortran: boolean,
  content: Pickled,
  refuse: Refuse,
): NumpyArray {
  const dimensions = Array.isArray(shape) ? shape.map(Number) : [];
  const stored =
    content instanceof Uint8Array || isStored(content) || Array.isArray(content)
      ? content
      : typeof content === 'string'
        ? Buffer.from(content, 'latin1')
        : null;
  if (
    !isOpaque(type, 'dtype') ||
    stored === null ||
    !dimensions.every((n) => Number.isSafeInteger(n) && n >= 0)
  )
    throw refuse("one of numpy's arrays", 'an incomplete one');
  return { kind: 'array', shape: dimensions, type: type.name, fortran, content: stored };
}

/** `_codecs.encode(text, 'latin1')`, by which protocol 2 writes bytes. */
function encoded(text: Pickled, refuse: Refuse): Pickled {
  if (typeof text === 'string') return new Uint8Array(Buffer.from(text, 'latin1'));
  if (isStored(text)) return { ...text, utf8: true };
  throw refuse('a text to encode', 'something else');
}

function scalar([type, content]: Pickled[], refuse: Refuse): Pickled {
  if (!isOpaque(type ?? null, 'dtype') || !(content instanceof Uint8Array))
    throw refuse('a number of numpy', 'something else');
  const view = new DataView(content.buffer, content.byteOffset, content.byteLength);
  const name = (type as Opaque).name.replace(/^[<>|=]/, '');
  if (/^[iu]1$/.test(name)) return view.getUint8(0);
  if (name === 'i4') return view.getInt32(0, true);
  if (name === 'i8') return Number(view.getBigInt64(0, true));
  throw refuse('an integer of numpy', `type ${name}`);
}

/** Python 2 wrote texts as bytes. */
export function textOf(value: Pickled | undefined): string {
  return value instanceof Uint8Array
    ? Buffer.from(value).toString('latin1')
    : typeof value === 'string'
      ? value
      : '';
}

function isOpaque(value: Pickled, kind: Opaque['kind']): value is Opaque {
  return typeof value === 'object' && value !== null && 'kind' in value && value.kind === kind;
}

function isStored(value: Pickled): value is Stored {
  return typeof value === 'object' && value !== null && 'kind' in value && value.kind === 'stored';
}
