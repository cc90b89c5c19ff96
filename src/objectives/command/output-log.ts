/**
 * The output of an attempt as files: written within a limit while the program runs, and read while
 * or after it does. The first half of the limit is one file; of the rest, the latest pieces are
 * kept, each named by its place in the whole output.
 */
import {
  closeSync,
  mkdirSync,
  openSync,
  readFileSync,
  readdirSync,
  rmSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';

/** Pieces that the last half of the limit is divided into. */
const PIECES = 8;

/** Folder of the outputs of a study's attempts. @param study its uid */
export function outputFolder(userFolder: string, study: string): string {
  return join(userFolder, 'output', study);
}

/** `<trial>-<attempt>.log`; a later piece has its place after that. */
function fileName(trial: number, attempt: number, start: number): string {
  const name = `${trial}-${attempt}.log`;
  return start === 0 ? name : `${name}.${start}`;
}

/** Output of one attempt while it runs. A full disk ends the writing and nothing else. */
export class OutputLog {
  readonly #folder: string;
  readonly #trial: number;
  readonly #attempt: number;
  readonly #half: number;
  readonly #piece: number;
  /** Where the pieces begin that are kept, the first apart. */
  readonly #kept: number[] = [];
  #file: number | null = null;
  /** Place of the next byte in the whole output. */
  #length = 0;
  /** Place where the current piece ends. */
  #end: number;
  #failed = false;

  /** @param bytes greatest size of all its files */
  constructor(folder: string, trial: number, attempt: number, bytes: number) {
    this.#folder = folder;
    this.#trial = trial;
    this.#attempt = attempt;
    this.#piece = Math.max(1, Math.floor(bytes / 2 / PIECES));
    this.#half = Math.max(1, Math.floor(bytes / 2));
    this.#end = this.#half;
    mkdirSync(folder, { recursive: true });
  }

  /** Number of bytes that the program has written. */
  get length(): number {
    return this.#length;
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

  close(): void {
    if (this.#file !== null) closeSync(this.#file);
    this.#file = null;
  }

  #nextPiece(): void {
    this.close();
    this.#end = this.#length + this.#piece;
    this.#kept.push(this.#length);
    while (this.#kept.length > PIECES) {
      const oldest = this.#kept.shift();
      if (oldest !== undefined) rmSync(this.#path(oldest), { force: true });
    }
  }

  #write(part: Uint8Array): void {
    try {
      this.#file ??= openSync(this.#path(this.#kept.at(-1) ?? 0), 'w', 0o600);
      for (let done = 0; done < part.length;)
        done += writeSync(this.#file, part, done, part.length - done);
      this.#length += part.length;
    } catch {
      this.#failed = true;
    }
  }

  #path(start: number): string {
    return join(this.#folder, fileName(this.#trial, this.#attempt, start));
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

/** Reads what is kept of an output from a place on. An attempt without output has no parts. */
export function readOutput(
  folder: string,
  trial: number,
  attempt: number,
  from = 0,
): readonly OutputPart[] {
  const parts: OutputPart[] = [];
  let at = from;
  for (const { name, start } of piecesOf(folder, trial, attempt)) {
    let bytes: Buffer;
    try {
      bytes = readFileSync(join(folder, name));
    } catch {
      // The program's later output has replaced it.
      continue;
    }
    const end = start + bytes.length;
    if (end <= at) continue;
    parts.push({
      omitted: Math.max(0, start - at),
      bytes: bytes.subarray(Math.max(0, at - start)),
      end,
    });
    at = end;
  }
  return parts;
}

/** Numbers of the attempts of a trial whose output is kept, in ascending order. */
export function attemptsWithOutput(folder: string, trial: number): readonly number[] {
  const found = namesIn(folder).flatMap((name) => {
    const [, of, attempt] = /^(\d+)-(\d+)\.log$/.exec(name) ?? [];
    return Number(of) === trial ? [Number(attempt)] : [];
  });
  return found.sort((a, b) => a - b);
}

function piecesOf(folder: string, trial: number, attempt: number): Piece[] {
  const first = fileName(trial, attempt, 0);
  return namesIn(folder)
    .flatMap((name) => {
      if (name === first) return [{ name, start: 0 }];
      const start = name.startsWith(`${first}.`) ? Number(name.slice(first.length + 1)) : NaN;
      return Number.isInteger(start) ? [{ name, start }] : [];
    })
    .sort((a, b) => a.start - b.start);
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}
