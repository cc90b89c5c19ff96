/**
 * The part of the WebAssembly API used here, typed: neither Node's types nor the language's declare
 * it without the browser's.
 */
export interface WasmModule {
  readonly __module: unique symbol;
}
export interface WasmMemory {
  readonly buffer: ArrayBuffer;
  /** @throws RangeError where the pages cannot be had */
  grow(pages: number): number;
}
interface WebAssemblyApi {
  validate(bytes: Uint8Array): boolean;
  compile(bytes: Uint8Array): Promise<WasmModule>;
  readonly Module: new (bytes: Uint8Array) => WasmModule;
  readonly Memory: new (descriptor: { initial: number; maximum?: number }) => WasmMemory;
  readonly Instance: new (
    module: WasmModule,
    imports: Record<string, Record<string, unknown>>,
  ) => { readonly exports: object };
}

export const engine = (globalThis as unknown as { readonly WebAssembly: WebAssemblyApi })
  .WebAssembly;
