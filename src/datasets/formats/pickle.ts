/**
 * Python pickles as far as datasets use them (protocols 0 to 5): containers, numbers, texts and
 * numpy arrays. No name is ever looked up or called: a pickle that refers to anything but numpy's
 * own parts is refused. Long byte strings are not read but kept as positions.
 */
import { at, defined } from '../../core/at.ts';
import { mismatch } from '../dataset-error.ts';
import type { Bytes } from '../sources/bytes.ts';
import { build, named, reduce, textOf, type Pickled, type Refuse } from './pickle-numpy.ts';

/** Greatest length of a string that is read at once. */
const SHORT = 64 * 1024;
/** Greatest number of values outside arrays, far beyond any list of names. */
const MOST_VALUES = 5_000_000;
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

  readonly #refuse: Refuse = (expected, found, hint) =>
    mismatch(this.#bytes.name, `offset ${String(this.#opcodeAt)}`, expected, found, hint);

  constructor(bytes: Bytes) {
    this.#bytes = bytes;
  }

  run(): Pickled {
    for (;;) {
      this.#opcodeAt = this.#at;
      const opcode = String.fromCharCode(this.#byte());
      if (opcode === '.') return this.#pop();
      const value = this.#execute(opcode);
      if (value !== undefined) this.#push(value);
      if ((this.#values += 1) > MOST_VALUES)
        throw this.#refuse(`at most ${String(MOST_VALUES)} opcodes`, 'more');
    }
  }

  /** @returns the value that the opcode pushes; undefined: none */
  #execute(opcode: string): Pickled | undefined {
    switch (opcode) {
      case '\x80':
        this.#byte();
        return undefined;
      case '\x95':
        this.#take(8);
        return undefined;
      case '(':
        this.#stack.push(MARK);
        return undefined;
      case '0':
        this.#pop();
        return undefined;
      case '1':
        this.#marked();
        return undefined;
      case '2':
        return this.#top();
      case 'N':
        return null;
      case '\x88':
      case '\x89':
        return opcode === '\x88';
      case 'K':
        return this.#byte();
      case 'M':
        return this.#view(2).getUint16(0, true);
      case 'J':
        return this.#view(4).getInt32(0, true);
      case '\x8a':
        return this.#long(this.#byte());
      case 'G':
        return this.#view(8).getFloat64(0);
      case 'I':
      case 'L':
      case 'F':
        return this.#numberLine();
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
        return this.#line().replace(/^(['"])(.*)\1$/, '$2');
      case ')':
      case ']':
        return [];
      case '}':
        return new Map();
      case 't':
      case 'l':
        return this.#marked();
      case '\x85':
      case '\x86':
      case '\x87':
        return this.#popped(opcode.charCodeAt(0) - 0x84);
      case 'd':
        return this.#withItems(new Map(), this.#marked());
      case 'a':
        this.#append([this.#pop()]);
        return undefined;
      case 'e':
        this.#append(this.#marked());
        return undefined;
      case 's': {
        const pair = this.#popped(2);
        this.#withItems(this.#map(), pair);
        return undefined;
      }
      case 'u': {
        const items = this.#marked();
        this.#withItems(this.#map(), items);
        return undefined;
      }
      case 'p':
        this.#memo.set(Number(this.#line()), this.#top());
        return undefined;
      case 'q':
        this.#memo.set(this.#byte(), this.#top());
        return undefined;
      case 'r':
        this.#memo.set(this.#view(4).getUint32(0, true), this.#top());
        return undefined;
      case '\x94':
        this.#memo.set(this.#memo.size, this.#top());
        return undefined;
      case 'g':
        return this.#recall(Number(this.#line()));
      case 'h':
        return this.#recall(this.#byte());
      case 'j':
        return this.#recall(this.#view(4).getUint32(0, true));
      case 'c':
        return named(this.#line(), this.#line(), this.#refuse);
      case '\x93': {
        const [module, name] = this.#popped(2);
        return named(textOf(module), textOf(name), this.#refuse);
      }
      case 'R': {
        const args = this.#list();
        return reduce(this.#pop(), args, this.#refuse);
      }
      case 'b': {
        const state = this.#pop();
        return this.#build(this.#pop(), state);
      }
      default:
        throw this.#refuse(
          'an opcode of plain data',
          `opcode ${JSON.stringify(opcode)}`,
          'a pickle that could run code is not read',
        );
    }
  }

  #build(target: Pickled, state: Pickled): Pickled {
    const built = build(target, state, this.#refuse);
    // The memo must refer to the finished object.
    if (built !== target)
      for (const [key, kept] of this.#memo) if (kept === target) this.#memo.set(key, built);
    return built;
  }

  #string(length: number, text: boolean): Pickled {
    const offset = this.#at;
    if (length > SHORT) {
      if (offset + length > this.#bytes.length)
        throw this.#refuse(
          `${String(length)} bytes`,
          String(this.#bytes.length - offset),
          'the file is cut short',
        );
      this.#at += length;
      return { kind: 'stored', offset, length, utf8: false };
    }
    const content = this.#take(length);
    return text ? Buffer.from(content).toString('utf8') : Uint8Array.from(content);
  }

  #withItems(map: Map<Pickled, Pickled>, items: readonly Pickled[]): Map<Pickled, Pickled> {
    for (let i = 0; i + 1 < items.length; i += 2) {
      const key = at(items, i);
      map.set(key instanceof Uint8Array ? textOf(key) : key, at(items, i + 1));
    }
    return map;
  }

  #append(values: readonly Pickled[]): void {
    const list = this.#top();
    if (!Array.isArray(list)) throw this.#refuse('a list to append to', 'something else');
    for (const value of values) list.push(value);
  }

  #map(): Map<Pickled, Pickled> {
    const map = this.#top();
    if (!(map instanceof Map)) throw this.#refuse('a dictionary to fill', 'something else');
    return map;
  }

  #list(): Pickled[] {
    const list = this.#pop();
    if (!Array.isArray(list)) throw this.#refuse('a tuple of arguments', 'something else');
    return list;
  }

  #recall(key: number): Pickled {
    const value = this.#memo.get(key);
    if (value === undefined) throw this.#refuse(`a value remembered as ${String(key)}`, 'none');
    return value;
  }

  #push(value: Pickled): void {
    this.#stack.push(value);
  }

  #pop(): Pickled {
    const value = this.#stack.pop();
    if (value === undefined || value === MARK) throw this.#refuse('a value on the stack', 'none');
    return value;
  }

  #top(): Pickled {
    const value = this.#pop();
    this.#push(value);
    return value;
  }

  #popped(count: number): Pickled[] {
    return Array.from({ length: count }, () => this.#pop()).reverse();
  }

  /** Pops the values above the last mark, and the mark. */
  #marked(): Pickled[] {
    const mark = this.#stack.lastIndexOf(MARK);
    if (mark === -1) throw this.#refuse('a mark on the stack', 'none');
    return this.#stack.splice(mark).slice(1) as Pickled[];
  }

  #byte(): number {
    return at(this.#take(1), 0);
  }

  #take(length: number): Uint8Array {
    if (this.#at + length > this.#bytes.length)
      throw this.#refuse('more of this pickle', 'the end', 'the file is cut short');
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
    for (let i = 0; i < length; i++) value += defined(content[i]) * 2 ** (8 * i);
    return length > 0 && (at(content, length - 1) & 0x80) !== 0 ? value - 2 ** (8 * length) : value;
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
      if (line.length > SHORT) throw this.#refuse('the end of a line', 'none');
    }
    return line;
  }
}
