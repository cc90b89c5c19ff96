/**
 * Programs that stand in for those of an operating system or a scheduler: they record how they
 * were called and answer as a test says.
 */
import { chmodSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';

export interface Answer {
  readonly stdout?: string;
  readonly stderr?: string;
  readonly code?: number;
}

export class StandIns {
  readonly #folder: string;
  readonly #log: string;

  /** @param folder to be created; contains the programs */
  constructor(folder: string) {
    this.#folder = folder;
    this.#log = join(folder, 'calls');
    mkdirSync(folder, { recursive: true });
    writeFileSync(this.#log, '');
  }

  /** Search path with the programs before those of this machine. */
  get path(): string {
    return `${this.#folder}${delimiter}${process.env['PATH'] ?? ''}`;
  }

  /**
   * Creates a program.
   * @param answer to every call whose arguments no pattern of `answers` matches
   * @param answers by shell pattern of all arguments, for example `*show*`; the first match counts
   */
  add(program: string, answer: Answer = {}, answers: Readonly<Record<string, Answer>> = {}): void {
    const cases = Object.entries({ ...answers, '*': answer });
    const script = [
      '#!/bin/sh',
      `printf '%s' '${program}' >>'${this.#log}'`,
      `for word; do printf ' %s' "$word" >>'${this.#log}'; done; echo >>'${this.#log}'`,
      'case "$*" in',
      ...cases.map(([pattern, { stdout = '', stderr = '', code = 0 }]) => {
        const output = `printf %s ${quoted(stdout)}; printf %s ${quoted(stderr)} >&2`;
        return `${pattern.replaceAll(' ', '\\ ')}) ${output}; exit ${code};;`;
      }),
      'esac',
    ].join('\n');
    const file = join(this.#folder, program);
    writeFileSync(file, `${script}\n`);
    chmodSync(file, 0o755);
  }

  /** Returns the calls so far, each as `program argument …`. */
  calls(): readonly string[] {
    return readFileSync(this.#log, 'utf8').split('\n').slice(0, -1);
  }
}

function quoted(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}
