/** A long-lived peer process that answers each line of JSON with one line of JSON, in order. */
import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

interface Waiting {
  readonly resolve: (reply: unknown) => void;
  readonly reject: (error: Error) => void;
}

export class LinePeer {
  readonly #child: ChildProcess;
  readonly #waiting: Waiting[] = [];
  readonly #script: string;
  #errors = '';

  /**
   * @param script file name in bench/peers
   */
  constructor(python: string, script: string, args: readonly string[] = []) {
    this.#script = script;
    const path = fileURLToPath(new URL(`peers/${script}`, import.meta.url));
    this.#child = spawn(python, [path, ...args], { stdio: 'pipe' });
    const { stdout, stderr, stdin } = this.#child;
    if (stdout === null || stderr === null || stdin === null)
      throw new Error(`${script} has no pipes`);
    createInterface({ input: stdout }).on('line', (line) =>
      this.#waiting.shift()?.resolve(JSON.parse(line)),
    );
    stderr.on('data', (chunk) => (this.#errors = `${this.#errors}${String(chunk)}`.slice(-2000)));
    stdin.on('error', () => undefined);
    this.#child.once('error', (error) => this.#end(error.message));
    this.#child.once('close', (code) => this.#end(`exit code ${code ?? 'none'}: ${this.#errors}`));
  }

  /** @throws Error if the process ends before it has answered */
  ask(request: object): Promise<unknown> {
    const answered = new Promise<unknown>((resolve, reject) =>
      this.#waiting.push({ resolve, reject }),
    );
    this.#child.stdin?.write(`${JSON.stringify(request)}\n`);
    return answered;
  }

  close(): void {
    this.#child.stdin?.end();
  }

  #end(reason: string): void {
    for (const { reject } of this.#waiting.splice(0))
      reject(new Error(`${this.#script} ended: ${reason}`));
  }
}
