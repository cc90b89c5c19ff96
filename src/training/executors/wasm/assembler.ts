/**
 * A WebAssembly module, written byte by byte: sections, LEB128, function bodies (WebAssembly core specification 2.0,
 * chapter 5). Knows nothing of networks; `instructions.ts` names the opcodes.
 */
import { Body, type ValueType } from './instructions.ts';
import { leb } from './leb128.ts';

const TYPE_CODE: Record<ValueType, number> = { i32: 0x7f, f32: 0x7d, v128: 0x7b };

interface DefinedFunction {
  readonly body: Body;
  readonly params: readonly ValueType[];
  readonly export: string | undefined;
}

export class ModuleBuilder {
  readonly #functions: DefinedFunction[] = [];
  readonly #fused: boolean;

  /** @param fused whether bodies use the fused multiply-add of relaxed SIMD */
  constructor(fused = false) {
    this.#fused = fused;
  }

  /** Defines a function without results; returns its index for calls. Bodies may call only earlier functions. */
  define(params: readonly ValueType[], write: (body: Body) => void, exportAs?: string): number {
    const body = new Body(params.length, this.#fused);
    write(body);
    this.#functions.push({ body, params, export: exportAs });
    return this.#functions.length - 1;
  }

  /** The module's bytes; it imports `environment.memory`. */
  bytes(): Uint8Array<ArrayBuffer> {
    const signatures = [...new Set(this.#functions.map((f) => f.params.join()))];
    const types = signatures.map((s) => {
      const params = s === '' ? [] : (s.split(',') as ValueType[]);
      return [0x60, ...vector(params.map((p) => [TYPE_CODE[p]])), 0];
    });
    const exported = this.#functions.flatMap((f, i) => (f.export === undefined ? [] : [[...name(f.export), 0, ...leb(i)]]));
    const sections = [
      section(1, vector(types)),
      section(2, vector([[...name('environment'), ...name('memory'), 2, 0, ...leb(1)]])),
      section(3, vector(this.#functions.map((f) => leb(signatures.indexOf(f.params.join()))))),
      section(7, vector(exported)),
      section(10, vector(this.#functions.map((f) => codeEntry(f.body)))),
    ];
    return Uint8Array.from([0x00, 0x61, 0x73, 0x6d, 1, 0, 0, 0, ...sections.flat()]);
  }
}

function codeEntry(body: Body): number[] {
  const locals = vector(body.localRuns().map(({ type, count }) => [...leb(count), TYPE_CODE[type]]));
  const size = leb(locals.length + body.code.length + 1);
  return size.concat(locals, body.code, [0x0b]);
}

function section(id: number, content: number[]): number[] {
  return [id, ...leb(content.length)].concat(content);
}

function vector(items: readonly (readonly number[])[]): number[] {
  return leb(items.length).concat(items.flat());
}

function name(text: string): number[] {
  const bytes = [...new TextEncoder().encode(text)];
  return [...leb(bytes.length), ...bytes];
}
