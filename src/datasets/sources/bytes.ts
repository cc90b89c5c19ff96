/**
 * Random access to the bytes of a file, or of an archive's entry that was stored temporarily.
 * Synchronous, because imports run in a thread of their own.
 */
import { closeSync, fstatSync, openSync, readSync, rmSync } from 'node:fs';
import { grouped, mismatch, unreadable } from '../dataset-error.ts';
import type { Meter } from './meter.ts';

export interface Bytes {
  /** Name for errors. */
  readonly name: string;
  readonly length: number;
  /** Returns bytes that are valid until the next call. @throws DatasetError if there are fewer */
  read(offset: number, length: number): Uint8Array;
  /** Releases its resources; it may be read again. Idempotent. */
  close(): void;
  /** Releases it for good and removes a temporary file. */
  discard(): void;
}

export class MemoryBytes implements Bytes {
  readonly name: string;
  readonly #content: Uint8Array;

  constructor(name: string, content: Uint8Array) {
    this.name = name;
    // Not a Buffer, because slices of a Buffer share memory.
    this.#content = new Uint8Array(content.buffer, content.byteOffset, content.byteLength);
  }

  get length(): number {
    return this.#content.length;
  }

  read(offset: number, length: number): Uint8Array {
    checkRange(this, offset, length);
    return this.#content.subarray(offset, offset + length);
  }

  close(): void {
    // Nothing is held.
  }

  discard(): void {
    // Memory frees itself.
  }
}

/** Number of bytes read with the first access, so that a small file is opened once. */
const HEAD_BYTES = 64 * 1024;

/** A file on disk. Opened at the first read, and closed at once if the head contains all of it. */
export class FileBytes implements Bytes {
  readonly name: string;
  readonly #path: string;
  readonly #meter: Meter | null;
  #head: Uint8Array | null = null;
  #length = 0;
  #descriptor: number | null = null;

  /** @param meter counts bytes read; null: they were counted at their source */
  constructor(name: string, path: string, meter: Meter | null) {
    this.name = name;
    this.#path = path;
    this.#meter = meter;
  }

  get length(): number {
    this.#open();
    return this.#length;
  }

  read(offset: number, length: number): Uint8Array {
    const head = this.#open();
    checkRange(this, offset, length);
    if (offset + length <= head.length) return head.subarray(offset, offset + length);
    const content = new Uint8Array(length);
    this.#fill(content, offset);
    return content;
  }

  close(): void {
    if (this.#descriptor !== null) closeSync(this.#descriptor);
    this.#descriptor = null;
    this.#head = null;
  }

  discard(): void {
    this.close();
  }

  #open(): Uint8Array {
    if (this.#head !== null) return this.#head;
    try {
      this.#descriptor = openSync(this.#path, 'r');
      this.#length = fstatSync(this.#descriptor).size;
    } catch (error) {
      throw unreadable(this.name, error);
    }
    const head = new Uint8Array(Math.min(HEAD_BYTES, this.#length));
    this.#fill(head, 0);
    if (head.length === this.#length) {
      closeSync(this.#descriptor);
      this.#descriptor = null;
    }
    this.#head = head;
    return head;
  }

  #fill(target: Uint8Array, offset: number): void {
    const descriptor = this.#descriptor;
    let filled = 0;
    while (descriptor !== null && filled < target.length) {
      let got: number;
      try {
        got = readSync(descriptor, target, filled, target.length - filled, offset + filled);
      } catch (error) {
        throw unreadable(this.name, error, `offset ${String(offset + filled)}`);
      }
      if (got === 0) break;
      filled += got;
      if (this.#meter !== null) this.#meter.bytes += got;
    }
    if (filled < target.length)
      throw mismatch(
        this.name,
        `offset ${String(offset + filled)}`,
        `${grouped(target.length - filled)} more bytes`,
        'the end of the file',
      );
  }
}

/** An entry stored temporarily under a generated name; removed when discarded. */
export class PutAside extends FileBytes {
  readonly #file: string;

  constructor(name: string, path: string) {
    super(name, path, null);
    this.#file = path;
  }

  override discard(): void {
    super.discard();
    rmSync(this.#file, { force: true });
  }
}

/** Successive parts of `bytes`, each valid until the next. */
export function* runs(
  bytes: Bytes,
  offset: number,
  length: number,
  runBytes: number,
): Generator<Uint8Array> {
  for (let done = 0; done < length; done += runBytes)
    yield bytes.read(offset + done, Math.min(runBytes, length - done));
}

function checkRange(bytes: Bytes, offset: number, length: number): void {
  if (offset + length > bytes.length)
    throw mismatch(
      bytes.name,
      `offset ${String(offset)}`,
      `${grouped(length)} bytes`,
      grouped(Math.max(0, bytes.length - offset)),
      'the file is cut short',
    );
}
