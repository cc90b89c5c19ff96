/**
 * Python pickles as far as datasets use them (protocols 0 to 5): containers, numbers, texts and numpy arrays. Nothing is ever
 * looked up or called: a pickle that names anything but numpy's own parts is refused. Long byte strings are not read but named by place.
 */
import { mismatch, type DatasetError } from '../dataset-error.ts';
import type { Bytes } from '../sources/bytes.ts';

/** Bytes of the file, not read yet. `utf8`: stored as text in which each character is a byte. */
export interface Stored {
  readonly kind: 'stored';
  readonly offset: number;
  readonly length: number;
  readonly utf8: boolean;
}

export interface NumpyArray {
  readonly kind: 'array';
  readonly shape: readonly number[];
  /** numpy's, such as `u1`, with its byte order: `|u1`, `<i8`. */
  readonly type: string;
  readonly fortran: boolean;
  readonly content: Stored | Uint8Array | readonly Pickled[];
}

export type Pickled = null | boolean | number | string | Uint8Array | Stored | NumpyArray | Opaque | Pickled[] | Map<Pickled, Pickled>;

/** One of numpy's parts while it is put together. */
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
/** Strings up to here are read at once. */
const SHORT = 64 * 1024;
/** Most values of a pickle that is no array: beyond any list of names. */
const MOST_VALUES = 20_000_000;
const MARK = Symbol('mark');

/** @throws DatasetError with the offset of the opcode or name that is refused */
export function readPickle(bytes: Bytes): Pickled {
  return new Machine(bytes).run();
}

class Machine {
  readonly #bytes: Bytes;
  readonly #stack: (Pickled | typeof MARK)[] = [];
  readonly #memo = new Map<number, Pickled>();
  #at = 0;
  #opcodeAt = 0;
  #values = 0;

  constructor(bytes: Bytes) {
    this.#bytes = bytes;
  }

  run(): Pickled {
    for (;;) {
      this.#opcodeAt = this.#at;
      const opcode = String.fromCharCode(this.#byte());
      if (opcode === '.') return this.#pop();
      this.#execute(opcode);
      if ((this.#values += 1) > MOST_VALUES) throw this.#wrong(`at most ${String(MOST_VALUES)} opcodes`, 'more');
    }
  }

  #execute(opcode: string): void {
    switch (opcode) {
      case '\x80':
        return void this.#byte();
      case '\x95':
        return void this.#take(8);
      case '(':
        return void this.#stack.push(MARK);
      case '0':
        return void this.#pop();
      case '1':
        return void this.#marked();
      case '2':
        return this.#push(this.#top());
      case 'N':
        return this.#push(null);
      case '\x88':
      case '\x89':
        return this.#push(opcode === '\x88');
      case 'K':
        return this.#push(this.#byte());
      case 'M':
        return this.#push(this.#view(2).getUint16(0, true));
      case 'J':
        return this.#push(this.#view(4).getInt32(0, true));
      case '\x8a':
        return this.#push(this.#long(this.#byte()));
      case 'G':
        return this.#push(this.#view(8).getFloat64(0));
      case 'I':
      case 'L':
      case 'F':
        return this.#push(this.#numberLine());
      case 'U':
      case 'C':
        return this.#string(this.#byte(), false);
      case 'T':
      case 'B':
        return this.#string(this.#view(4).getUint32(0, true), false);
      case '\x8e':
      case '\x96':
        return this.#string(this.#long64(), false);
      case '\x8c':
        return this.#string(this.#byte(), true);
      case 'X':
        return this.#string(this.#view(4).getUint32(0, true), true);
      case '\x8d':
        return this.#string(this.#long64(), true);
      case 'S':
      case 'V':
        return this.#push(this.#line().replace(/^(['"])(.*)\1$/, '$2'));
      case ')':
      case ']':
        return this.#push([]);
      case '}':
        return this.#push(new Map());
      case 't':
      case 'l':
        return this.#push(this.#marked());
      case '\x85':
      case '\x86':
      case '\x87':
        return this.#push(this.#popped(opcode.charCodeAt(0) - 0x84));
      case 'd':
        return this.#push(this.#withItems(new Map(), this.#marked()));
      case 'a':
        return this.#append([this.#pop()]);
      case 'e':
        return this.#append(this.#marked());
      case 's': {
        const pair = this.#popped(2);
        return void this.#withItems(this.#map(), pair);
      }
      case 'u': {
        const items = this.#marked();
        return void this.#withItems(this.#map(), items);
      }
      case 'p':
        return void this.#memo.set(Number(this.#line()), this.#top());
      case 'q':
        return void this.#memo.set(this.#byte(), this.#top());
      case 'r':
        return void this.#memo.set(this.#view(4).getUint32(0, true), this.#top());
      case '\x94':
        return void this.#memo.set(this.#memo.size, this.#top());
      case 'g':
        return this.#recall(Number(this.#line()));
      case 'h':
        return this.#recall(this.#byte());
      case 'j':
        return this.#recall(this.#view(4).getUint32(0, true));
      case 'c':
        return this.#global(this.#line(), this.#line());
      case '\x93': {
        const [module, name] = this.#popped(2);
        return this.#global(String(module), String(name));
      }
      case 'R': {
        const args = this.#list();
        return this.#push(this.#reduce(this.#pop(), args));
      }
      case 'b': {
        const state = this.#pop();
        return this.#push(this.#build(this.#pop(), state));
      }
      default:
        throw this.#wrong('an opcode of plain data', `opcode ${JSON.stringify(opcode)}`, 'a pickle that could run code is not read');
    }
  }

  /** Only parts of numpy, and only by name: they stand for themselves and are never loaded. */
  #global(module: string, name: string): void {
    const full = `${module}.${name}`;
    if (!ALLOWED.has(full))
      throw this.#wrong("numpy's arrays and plain data", `the name ${full}`, 'a pickle that could run code is not read');
    this.#push({ kind: 'global', name: full });
  }

  #reduce(callee: Pickled, args: Pickled[]): Pickled {
    const name = isOpaque(callee, 'global') ? callee.name : '';
    if (name.endsWith('._reconstruct')) return { kind: 'blank', name: 'array' };
    if (name === 'numpy.dtype' && typeof args[0] === 'string') return { kind: 'dtype', name: args[0] };
    if (name === 'collections.OrderedDict') return new Map();
    if (name === '_codecs.encode') return this.#encoded(args[0] ?? null);
    if (/\.bytes$|\.bytearray$/.test(name)) return args[0] ?? new Uint8Array(0);
    if (name.endsWith('.scalar')) return this.#scalar(args);
    if (name.endsWith('._frombuffer')) {
      const [content, type, shape, order] = args;
      return this.#array(shape ?? null, type ?? null, order === 'F', content ?? null);
    }
    throw this.#wrong("numpy's arrays and plain data", name === '' ? 'a call of something else' : `a call of ${name}`);
  }

  #build(target: Pickled, state: Pickled): Pickled {
    const parts = Array.isArray(state) ? state : [];
    if (isOpaque(target, 'dtype')) {
      const order = typeof parts[1] === 'string' ? parts[1] : '|';
      return Object.assign(target, { name: `${order}${target.name.replace(/^[<>|=]/, '')}` });
    }
    if (isOpaque(target, 'blank')) {
      const [, shape, type, fortran, content] = parts;
      const array = this.#array(shape ?? null, type ?? null, fortran === true, content ?? null);
      for (const [key, kept] of this.#memo) if (kept === target) this.#memo.set(key, array);
      return array;
    }
    throw this.#wrong("the state of one of numpy's arrays", 'that of something else');
  }

  #array(shape: Pickled, type: Pickled, fortran: boolean, content: Pickled): NumpyArray {
    const dimensions = Array.isArray(shape) ? shape.map(Number) : [];
    const stored =
      content instanceof Uint8Array || isStored(content) || Array.isArray(content)
        ? content
        : typeof content === 'string'
          ? Buffer.from(content, 'latin1')
          : null;
    if (!isOpaque(type, 'dtype') || stored === null || !dimensions.every((n) => Number.isSafeInteger(n) && n >= 0))
      throw this.#wrong("one of numpy's arrays", 'an incomplete one');
    return { kind: 'array', shape: dimensions, type: type.name, fortran, content: stored };
  }

  /** `_codecs.encode(text, 'latin1')`: how protocol 2 writes bytes. */
  #encoded(text: Pickled): Pickled {
    if (typeof text === 'string') return new Uint8Array(Buffer.from(text, 'latin1'));
    if (isStored(text)) return { ...text, utf8: true };
    throw this.#wrong('a text to encode', 'something else');
  }

  #scalar([type, content]: Pickled[]): Pickled {
    if (!isOpaque(type ?? null, 'dtype') || !(content instanceof Uint8Array)) throw this.#wrong('a number of numpy', 'something else');
    const view = new DataView(content.buffer, content.byteOffset, content.byteLength);
    const name = (type as Opaque).name.replace(/^[<>|=]/, '');
    if (/^[iu]1$/.test(name)) return view.getUint8(0);
    if (name === 'i4') return view.getInt32(0, true);
    if (name === 'i8') return Number(view.getBigInt64(0, true));
    throw this.#wrong('an integer of numpy', `type ${name}`);
  }

  #string(length: number, text: boolean): void {
    const offset = this.#at;
    if (length > SHORT) {
      if (offset + length > this.#bytes.length)
        throw this.#wrong(`${String(length)} bytes`, `${String(this.#bytes.length - offset)}`, 'the file is cut short');
      this.#at += length;
      return this.#push({ kind: 'stored', offset, length, utf8: false });
    }
    const content = this.#take(length);
    this.#push(text ? Buffer.from(content).toString('utf8') : Uint8Array.from(content));
  }

  #withItems(map: Map<Pickled, Pickled>, items: readonly Pickled[]): Map<Pickled, Pickled> {
    for (let i = 0; i + 1 < items.length; i += 2) {
      const key = items[i] ?? null;
      map.set(key instanceof Uint8Array ? Buffer.from(key).toString('latin1') : key, items[i + 1] ?? null);
    }
    return map;
  }

  #append(values: readonly Pickled[]): void {
    const list = this.#top();
    if (!Array.isArray(list)) throw this.#wrong('a list to append to', 'something else');
    for (const value of values) list.push(value);
  }

  #map(): Map<Pickled, Pickled> {
    const map = this.#top();
    if (!(map instanceof Map)) throw this.#wrong('a dictionary to fill', 'something else');
    return map;
  }

  #list(): Pickled[] {
    const list = this.#pop();
    if (!Array.isArray(list)) throw this.#wrong('a tuple of arguments', 'something else');
    return list;
  }

  #recall(key: number): void {
    const value = this.#memo.get(key);
    if (value === undefined) throw this.#wrong(`a value remembered as ${String(key)}`, 'none');
    this.#push(value);
  }

  #push(value: Pickled): void {
    this.#stack.push(value);
  }

  #pop(): Pickled {
    const value = this.#stack.pop();
    if (value === undefined || value === MARK) throw this.#wrong('a value on the stack', 'none');
    return value as Pickled;
  }

  #top(): Pickled {
    const value = this.#pop();
    this.#push(value);
    return value;
  }

  #popped(count: number): Pickled[] {
    return Array.from({ length: count }, () => this.#pop()).reverse();
  }

  /** What lies above the last mark, which goes too. */
  #marked(): Pickled[] {
    const mark = this.#stack.lastIndexOf(MARK);
    if (mark === -1) throw this.#wrong('a mark on the stack', 'none');
    return this.#stack.splice(mark).slice(1) as Pickled[];
  }

  #byte(): number {
    return this.#take(1)[0] ?? 0;
  }

  #take(length: number): Uint8Array {
    if (this.#at + length > this.#bytes.length) throw this.#wrong('more of this pickle', 'the end', 'the file is cut short');
    const content = this.#bytes.read(this.#at, length);
    this.#at += length;
    return content;
  }

  #view(length: number): DataView {
    const content = this.#take(length);
    return new DataView(content.buffer, content.byteOffset, content.byteLength);
  }

  /** Little-endian two's complement. */
  #long(length: number): number {
    const content = this.#take(length);
    let value = 0;
    for (let i = 0; i < length; i++) value += (content[i] ?? 0) * 2 ** (8 * i);
    return length > 0 && ((content[length - 1] ?? 0) & 0x80) !== 0 ? value - 2 ** (8 * length) : value;
  }

  #long64(): number {
    return Number(this.#view(8).getBigUint64(0, true));
  }

  #numberLine(): number | boolean {
    const line = this.#line().replace(/L$/, '');
    return line === '01' ? true : line === '00' ? false : Number(line);
  }

  #line(): string {
    let line = '';
    for (let byte = this.#byte(); byte !== 10; byte = this.#byte()) {
      line += String.fromCharCode(byte);
      if (line.length > SHORT) throw this.#wrong('the end of a line', 'none');
    }
    return line;
  }

  #wrong(expected: string, found: string, hint?: string): DatasetError {
    return mismatch(this.#bytes.name, `offset ${String(this.#opcodeAt)}`, expected, found, hint);
  }
}

function isOpaque(value: Pickled, kind: Opaque['kind']): value is Opaque {
  return typeof value === 'object' && value !== null && 'kind' in value && value.kind === kind;
}

function isStored(value: Pickled): value is Stored {
  return typeof value === 'object' && value !== null && 'kind' in value && value.kind === 'stored';
}
