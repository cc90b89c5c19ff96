/**
 * Assembles a WebAssembly module: sections, LEB128, function bodies (WebAssembly core specification
 * 2.0, chapter 5). Independent of networks; `instructions.ts` names the opcodes.
 */
import { Body, type ValueType } from './instructions.ts';
import { writeLeb } from './leb128.ts';

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

  /**
   * Defines a function without results and returns its index for calls. Bodies may call only
   * functions that were defined before.
   */
  define(params: readonly ValueType[], write: (body: Body) => void, exportAs?: string): number {
    const body = new Body(params.length, this.#fused);
    write(body);
    this.#functions.push({ body, params, export: exportAs });
    return this.#functions.length - 1;
  }

  /** Returns the module's bytes; the module imports `environment.memory`. */
  bytes(): Uint8Array<ArrayBuffer> {
    const signatures = [...new Set(this.#functions.map((f) => f.params.join()))];
    const types = signatures.map((s) => {
      const params = s === '' ? [] : (s.split(',') as ValueType[]);
      return [0x60, ...vector(params.map((p) => [TYPE_CODE[p]])), 0];
    });
    const exported = this.#functions.flatMap((f, i) =>
      f.export === undefined ? [] : [[...name(f.export), 0, ...leb(i)]],
    );
    const parts = [
      [0x00, 0x61, 0x73, 0x6d, 1, 0, 0, 0],
      ...section(1, [vector(types)]),
      ...section(2, [vector([[...name('environment'), ...name('memory'), 2, 0, ...leb(1)]])]),
      ...section(3, [vector(this.#functions.map((f) => leb(signatures.indexOf(f.params.join()))))]),
      ...section(7, [vector(exported)]),
      ...section(10, [
        leb(this.#functions.length),
        ...this.#functions.flatMap((f) => codeEntry(f.body)),
      ]),
    ];
    return joined(parts);
  }
}

/** Encodes a body in parts, because the code may be long. */
function codeEntry(body: Body): (readonly number[])[] {
  const locals = vector(
    body.localRuns().map(({ type, count }) => [...leb(count), TYPE_CODE[type]]),
  );
  return [leb(locals.length + body.code.length + 1), locals, body.code, [0x0b]];
}

function section(id: number, parts: readonly (readonly number[])[]): (readonly number[])[] {
  return [[id, ...leb(parts.reduce((sum, part) => sum + part.length, 0))], ...parts];
}

function joined(parts: readonly (readonly number[])[]): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}

function vector(items: readonly (readonly number[])[]): number[] {
  return leb(items.length).concat(...items);
}

function name(text: string): number[] {
  const bytes = [...new TextEncoder().encode(text)];
  return [...leb(bytes.length), ...bytes];
}

function leb(n: number): number[] {
  const bytes: number[] = [];
  writeLeb(bytes, n);
  return bytes;
}
