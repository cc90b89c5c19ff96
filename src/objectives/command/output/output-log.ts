/**
 * The output of an attempt as files: written within a limit while the program runs, and read while
 * or after it does. The first half of the limit is one file; of the rest, the latest pieces are
 * kept, each named by its place in the whole output.
 */
import {
  closeSync,
  fstatSync,
  mkdirSync,
  openSync,
  readSync,
  rmSync,
  rmdir,
  rmdirSync,
  statSync,
  writeSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { namesIn } from '../names-in.ts';

/** Pieces that the last half of the limit is divided into. */
const PIECES = 8;

/** Folder of the outputs of a study's trials. @param study its uid */
export function outputsFolder(userFolder: string, study: string): string {
  return join(userFolder, 'output', study);
}

/** Folder of the outputs of a trial's attempts. @param study its uid */
export function outputFolder(userFolder: string, study: string, trial: number): string {
  return join(outputsFolder(userFolder, study), String(trial));
}

/** `<attempt>.log`; a later piece has its place after that. */
function fileName(attempt: number, start: number): string {
  const name = `${attempt}.log`;
  return start === 0 ? name : `${name}.${start}`;
}

/** Output of one attempt while it runs. A full disk ends the writing and nothing else. */
export class OutputLog {
  readonly #folder: string;
  readonly #attempt: number;
  readonly #half: number;
  readonly #piece: number;
  /** Positions at which the kept pieces begin, without the first piece. */
  readonly #kept: number[] = [];
  #file: number | null = null;
  /** Place of the next byte in the whole output. */
  #length = 0;
  /** Place where the current piece ends. */
  #end: number;
  #failed = false;
  #isPrepared = false;

  /** @param bytes greatest size of all its files */
  constructor(folder: string, attempt: number, bytes: number) {
    this.#folder = folder;
    this.#attempt = attempt;
    this.#piece = Math.max(1, Math.floor(bytes / 2 / PIECES));
    this.#half = Math.max(1, Math.floor(bytes / 2));
    this.#end = this.#half;
  }

  /** Number of bytes that the program has written. */
  get length(): number {
    return this.#length;
  }

  /** Creates its folder: before the first output, this costs a starting program no time. */
  prepare(): void {
    try {
      mkdirSync(this.#folder, { recursive: true, mode: 0o700 });
      this.#isPrepared = true;
    } catch {
      // Writing says so.
    }
  }

  add(chunk: Uint8Array): void {
    let rest = chunk;
    while (rest.length > 0 && !this.#failed) {
      if (this.#length === this.#end) this.#nextPiece();
      const part = rest.subarray(0, this.#end - this.#length);
      this.#write(part);
      rest = rest.subarray(part.length);
    }
  }

  /**
   * Continues the output of an attempt whose files are here.
   * @param bytes as in the constructor
   */
  static continued(folder: string, attempt: number, bytes: number): OutputLog {
    const log = new OutputLog(folder, attempt, bytes);
    const pieces = piecesOf(folder, attempt);
    if (pieces.length === 0) return log;
    log.#kept.push(...pieces.flatMap(({ start }) => (start === 0 ? [] : [start])));
    log.#length = log.#end = endOfOutput(folder, attempt);
    return log;
  }

  /** Adds bytes from a place on: those that are here are left out, and those in between missing. */
  addAt(from: number, chunk: Uint8Array): void {
    if (from > this.#length) {
      this.#length = from;
      this.#nextPiece();
    }
    this.add(chunk.subarray(this.#length - from));
  }

  close(): void {
    this.#closeFile();
    // Fails if there is output of another attempt.
    if (this.#isPrepared && this.#length === 0) rmdir(this.#folder, () => undefined);
  }

  #closeFile(): void {
    if (this.#file !== null) closeSync(this.#file);
    this.#file = null;
  }

  #nextPiece(): void {
    this.#closeFile();
    this.#end = this.#length + this.#piece;
    this.#kept.push(this.#length);
    while (this.#kept.length > PIECES) {
      const oldest = this.#kept.shift();
      if (oldest !== undefined) rmSync(this.#path(oldest), { force: true });
    }
  }

  #write(part: Uint8Array): void {
    try {
      const start = this.#kept.at(-1) ?? 0;
      if (this.#file === null && this.#length === start && !this.#isPrepared)
        mkdirSync(this.#folder, { recursive: true, mode: 0o700 });
      this.#file ??= openSync(this.#path(start), this.#length === start ? 'w' : 'a', 0o600);
      for (let done = 0; done < part.length;)
        done += writeSync(this.#file, part, done, part.length - done);
      this.#length += part.length;
    } catch {
      this.#failed = true;
    }
  }

  #path(start: number): string {
    return join(this.#folder, fileName(this.#attempt, start));
  }
}

/** Deletes the output of an attempt, and its folders where they are empty then. */
export function removeOutput(folder: string, attempt: number): void {
  for (const { name } of piecesOf(folder, attempt)) rmSync(join(folder, name), { force: true });
  for (const each of [folder, dirname(folder)])
    try {
      rmdirSync(each);
    } catch {
      // It has the output of others, or there was none.
      return;
    }
}

interface Piece {
  readonly name: string;
  /** Place of its first byte in the whole output. */
  readonly start: number;
}

/** A stretch of output, and the number of bytes before it that were not kept. */
export interface OutputPart {
  readonly omitted: number;
  readonly bytes: Buffer;
  /** Place of the byte after it in the whole output. */
  readonly end: number;
}

/**
 * Reads what is kept of an output from a place on. An attempt without output has no parts.
 * @param most number of bytes after which reading stops
 */
export function readOutput(
  folder: string,
  attempt: number,
  from = 0,
  most = Infinity,
): readonly OutputPart[] {
  const parts: OutputPart[] = [];
  let at = from;
  let left = most;
  for (const { name, start } of piecesOf(folder, attempt)) {
    const bytes = readPiece(join(folder, name), Math.max(0, at - start), left);
    if (bytes.length === 0) continue;
    const begin = Math.max(start, at);
    parts.push({ omitted: begin - at, bytes, end: begin + bytes.length });
    at = begin + bytes.length;
    left -= bytes.length;
    if (left <= 0) break;
  }
  return parts;
}

/** Place after the last byte of an output; 0: there is none. */
export function endOfOutput(folder: string, attempt: number): number {
  const last = piecesOf(folder, attempt).at(-1);
  if (last === undefined) return 0;
  return last.start + (statSync(join(folder, last.name), { throwIfNoEntry: false })?.size ?? 0);
}

/** Empty: the program's later output has replaced the piece, or it is shorter. */
function readPiece(file: string, from: number, most: number): Buffer {
  try {
    const opened = openSync(file, 'r');
    try {
      const length = Math.max(0, Math.min(most, fstatSync(opened).size - from));
      const bytes = Buffer.alloc(length);
      return bytes.subarray(0, readSync(opened, bytes, 0, length, from));
    } finally {
      closeSync(opened);
    }
  } catch {
    return Buffer.alloc(0);
  }
}

/** Numbers of the trial's attempts whose output is kept, in ascending order. */
export function attemptsWithOutput(folder: string): readonly number[] {
  const found = namesIn(folder).flatMap((name) => {
    const [, attempt] = /^(\d+)\.log$/.exec(name) ?? [];
    return attempt === undefined ? [] : [Number(attempt)];
  });
  return found.sort((a, b) => a - b);
}

function piecesOf(folder: string, attempt: number): Piece[] {
  const first = fileName(attempt, 0);
  return namesIn(folder)
    .flatMap((name) => {
      if (name === first) return [{ name, start: 0 }];
      const start = name.startsWith(`${first}.`) ? Number(name.slice(first.length + 1)) : NaN;
      return Number.isInteger(start) ? [{ name, start }] : [];
    })
    .sort((a, b) => a.start - b.start);
}
