/** A long-lived command whose output and end a test determines. */
import { EventEmitter } from 'node:events';
import type {
  SmiProcess,
  SmiStream,
  StartSmi,
} from '../../src/node/machine/utilisation/nvidia-smi.ts';

class Stream extends EventEmitter implements SmiStream {
  setEncoding(): void {
    // Text only.
  }
  destroy(): void {
    this.removeAllListeners();
  }
}

class Process extends EventEmitter implements SmiProcess {
  readonly pid = 4711;
  readonly stdout = new Stream();
  readonly stderr = new Stream();
  kill(): boolean {
    return true;
  }
  unref(): void {
    // Nothing keeps the test alive.
  }
}

export class FollowedCommand {
  /** Command lines, in the order of their starts. */
  readonly started: string[] = [];
  #process: Process | null = null;

  readonly start: StartSmi = (program, args) => {
    this.started.push([program, ...args].join(' '));
    this.#process = new Process();
    return this.#process;
  };

  write(text: string): void {
    this.#process?.stdout.emit('data', text);
  }

  end(code: number, lastWords = ''): void {
    this.#process?.stderr.emit('data', lastWords);
    this.#process?.emit('close', code, null);
  }
}
