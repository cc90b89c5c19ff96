/**
 * The node process that this program started: `galapagos node --json` with the shipped Node.
 * Reports its lines; sends orders over the IPC channel. The node outlives no parent: it drains and
 * leaves when the channel closes.
 */
import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { createInterface } from 'node:readline';
import { z } from 'zod';
import { nodeOutput } from '../../protocol/cli-output-lab.ts';
import type { NodeOutput } from '../../protocol/cli-output-lab.ts';
import type { NodeOrder } from '../../protocol/node-orders.ts';
import { check } from '../../protocol/problems.ts';
import { Tail } from '../../runtime/tail.ts';

/** The command line as a program of its own. */
export interface NodeProgram {
  /** Absolute path of the entry of the command line. */
  readonly entry: string;
  /** A plain Node; default: this process's own. */
  readonly execPath?: string;
  readonly execArgv?: readonly string[];
}

export interface NodeChildListener {
  told(event: NodeOutput): void;
  /** @param error why the process ended; null: as it should */
  ended(error: { readonly code: string; readonly message: string } | null): void;
}

/** Milliseconds that the process has to end by itself before it is killed. */
const END_MS = 5_000;
const errorLine = z.looseObject({
  error: z.looseObject({ code: z.string(), message: z.string() }),
});

export class NodeChild {
  readonly #process: ChildProcess;
  readonly #ended: Promise<void>;

  /** @param args of `galapagos node` */
  constructor(
    { entry, execPath = process.execPath, execArgv = [] }: NodeProgram,
    args: readonly string[],
    userFolder: string,
    listener: NodeChildListener,
  ) {
    const child = spawn(execPath, [...execArgv, entry, 'node', ...args, '--json'], {
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
      env: { ...process.env, GALAPAGOS_HOME: userFolder },
    });
    this.#process = child;
    const tail = new Tail();
    child.stderr?.on('data', (chunk: Buffer) => tail.add(chunk));
    if (child.stdout !== null)
      createInterface({ input: child.stdout }).on('line', (line) => {
        const event = parsed(line, nodeOutput);
        if (event !== null) listener.told(event);
      });
    this.#ended = new Promise((resolve) => {
      const end = (error: { code: string; message: string } | null): void => {
        listener.ended(error);
        resolve();
      };
      child.once('error', ({ message }) => end({ code: 'not-installed', message }));
      child.once('close', (code) => end(code === 0 ? null : errorOf(tail.text(), code)));
    });
    // An order to a process that is ending is lost, as it should be.
    child.on('error', () => undefined);
  }

  order(order: NodeOrder): void {
    if (this.#process.connected) this.#process.send(order, () => undefined);
  }

  /** Leaves at once; a process that does not end is killed. */
  async close(): Promise<void> {
    this.order({ order: 'leave' });
    const kill = setTimeout(() => this.#process.kill('SIGKILL'), END_MS);
    await this.#ended;
    clearTimeout(kill);
  }

  /** Resolves when the process has ended. */
  get ended(): Promise<void> {
    return this.#ended;
  }
}

/** The error that the process printed last, or that it ended without one. */
function errorOf(text: string, code: number | null): { code: string; message: string } {
  const lines = text.trim().split('\n');
  for (const line of lines.toReversed()) {
    const found = parsed(line, errorLine);
    if (found !== null) return found.error;
  }
  const last = lines.at(-1) ?? '';
  return {
    code: 'crashed',
    message: last === '' ? `the node process ended with code ${String(code)}` : last,
  };
}

/** Null: the line is none of these. */
function parsed<Schema extends z.ZodType>(line: string, schema: Schema): z.output<Schema> | null {
  try {
    const found = check(schema, JSON.parse(line));
    return found.ok ? found.value : null;
  } catch {
    return null;
  }
}
