/** Runs the built `galapagos` command with `--json` and collects its events. */
import { expect } from 'vitest';
import { start } from './built-command.ts';
import type { Command } from './built-command.ts';
import { temporaryFolder } from './temporary-folder.ts';
import type { TemporaryFolder } from './temporary-folder.ts';

export type Line = Readonly<Record<string, unknown>>;

/** A process whose output lines are JSON objects. */
export class Program {
  readonly lines: Line[] = [];
  readonly command: Command;

  constructor(
    args: readonly string[],
    folder: TemporaryFolder,
    home: string,
    variables: Readonly<Record<string, string>> = {},
  ) {
    const take = (text: string): number => this.lines.push(JSON.parse(text) as Line);
    const env = { GALAPAGOS_HOME: folder.file(home), ...variables };
    this.command = start([...args, '--json'], folder.path, take, env);
  }

  all(event: string): Line[] {
    return this.lines.filter((line) => line['event'] === event);
  }

  /** Waits for an event. */
  async next(event: string, more: Line = {}): Promise<Line> {
    const matches = (line: Line): boolean =>
      line['event'] === event && Object.entries(more).every(([key, value]) => line[key] === value);
    await expect.poll(() => this.lines.some(matches), { timeout: 120_000 }).toBe(true);
    return this.lines.find(matches) ?? {};
  }

  async exitCode(): Promise<number | null> {
    return (await this.command.ended).code;
  }

  kill(signal: NodeJS.Signals): void {
    this.command.process.kill(signal);
  }
}

/** The programs of one test, and the folder in which they run. */
export class Programs {
  readonly folder: TemporaryFolder = temporaryFolder();
  readonly #started: Program[] = [];

  /** @param home name of the program's user folder */
  launch(
    args: readonly string[],
    home: string,
    variables: Readonly<Record<string, string>> = {},
  ): Program {
    const program = new Program(args, this.folder, home, variables);
    this.#started.push(program);
    return program;
  }

  async close(): Promise<void> {
    for (const program of this.#started) program.kill('SIGKILL');
    await Promise.all(this.#started.map(({ command }) => command.ended));
    this.folder.remove();
  }
}
