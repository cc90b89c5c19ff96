/**
 * Types of the used part of the WebAssembly API. Node's types and TypeScript's ES library do not
 * declare it; only the browser library does.
 */
export interface WasmModule {
  readonly __module: unique symbol;
}
export interface WasmMemory {
  readonly buffer: ArrayBuffer;
  /** @throws RangeError if the memory is not available */
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
