/**
 * Lists the graphics adapters that WebGPU can use, by a child process: a driver that crashes or
 * hangs ends the child only, and becomes the reason of an empty list.
 */
import { spawn } from 'node:child_process';
import { killChild } from '../process-group.ts';
import { Tail } from '../tail.ts';
import { dawnUrl, gpuObstacle, type GpuObstacle } from './dawn.ts';

export interface Adapter {
  /** `vulkan`, `d3d12`, `metal` … One card may appear once for each backend. */
  readonly backend: string;
  /** Name as the driver reports it; `adapter=<name>` of Dawn selects it. Twins have equal names. */
  readonly name: string;
  /** True if the adapter computes on the CPU. */
  readonly software: boolean;
}

/** Environment variable that names a worker's adapter by a part of its name. */
export const ADAPTER_VARIABLE = 'GALAPAGOS_WEBGPU_ADAPTER';
/** Environment variable with the memory of a worker's card in bytes; unset where it is unknown. */
export const MEMORY_VARIABLE = 'GALAPAGOS_GPU_MEMORY';
/** Environment variable; 1: adapters that compute on the CPU are used, for tests. */
export const FALLBACK_VARIABLE = 'GALAPAGOS_WEBGPU_FALLBACK';

/** Memory of this worker's card in bytes; null: unknown. */
export function cardMemory(env: NodeJS.ProcessEnv = process.env): number | null {
  const bytes = Number(env[MEMORY_VARIABLE]);
  return Number.isSafeInteger(bytes) && bytes > 0 ? bytes : null;
}

export interface AdapterList {
  readonly adapters: readonly Adapter[];
  /** Reason why the list is empty; absent otherwise. */
  readonly reason?: string;
  /** Remedy; present with `reason`. */
  readonly remedy?: string;
}

export interface ListAdaptersOptions {
  /** Time-out in milliseconds. */
  readonly timeoutMs?: number;
  /** A plain Node; default: the one that runs this process. */
  readonly execPath?: string;
  /** Path of the WebGPU library's module; default: the package `webgpu`. */
  readonly library?: string;
}

/** Resolves with a reason instead of rejecting: a machine without a usable card is no failure. */
export async function listAdapters(options: ListAdaptersOptions = {}): Promise<AdapterList> {
  const { timeoutMs = 10_000, execPath = process.execPath } = options;
  const library = dawnUrl(options.library);
  if (library === null) return nothing(gpuObstacle("Cannot find package 'webgpu'"));
  const { answer, lastWords, end } = await ask(execPath, library, timeoutMs);
  const adapters = parseAdapters(answer);
  if (adapters.length > 0) return { adapters };
  if (end === null) return nothing(gpuObstacle(answer === '' ? lastWords : answer));
  return nothing({
    reason: lastWords === '' ? end : `${end}: ${lastWords.split('\n')[0] ?? ''}`,
    remedy: "update the graphics card's driver",
  });
}

function nothing(obstacle: GpuObstacle): AdapterList {
  return { adapters: [], ...obstacle };
}

interface Answer {
  /** Message with the list, or with the reason why there is none; empty: no adapter. */
  readonly answer: string;
  readonly lastWords: string;
  /** How the child ended without an answer; null: it answered. */
  readonly end: string | null;
}

function ask(execPath: string, library: string, timeoutMs: number): Promise<Answer> {
  const child = spawn(execPath, ['--input-type=module', '-e', script(library)], {
    stdio: ['ignore', 'pipe', 'pipe'],
    windowsHide: true,
  });
  return new Promise((resolve) => {
    const lastWords = new Tail();
    let output = '';
    let failure: string | null = null;
    const timer = setTimeout(() => {
      failure = `the graphics driver did not answer within ${String(timeoutMs)} ms`;
      killChild(child, 'SIGKILL');
      child.stdout.destroy();
      child.stderr.destroy();
    }, timeoutMs);
    child.stdout.setEncoding('utf8').on('data', (chunk: string) => (output += chunk));
    child.stderr.on('data', (chunk: Buffer) => lastWords.add(chunk));
    const end = (how: string): void => {
      clearTimeout(timer);
      const answer = /^answer (".*")$/m.exec(output)?.[1];
      resolve({
        answer: answer === undefined ? '' : (JSON.parse(answer) as string),
        lastWords: lastWords.text().trim(),
        end: answer === undefined ? (failure ?? how) : null,
      });
    };
    child.once('error', (error) => end(error.message));
    child.once('close', (code, signal) =>
      end(`listing graphics adapters ended with ${signal ?? `exit code ${String(code)}`}`),
    );
  });
}

/** Script of the child: asks for an adapter that no name matches, which throws the list. */
function script(library: string): string {
  return `
    const answer = (text) => process.stdout.write('answer ' + JSON.stringify(text) + '\\n');
    try {
      const { create } = await import(${JSON.stringify(library)});
      await create(['adapter=?']).requestAdapter();
      answer('');
    } catch (error) {
      answer(String(error?.message ?? error));
    }`;
}

const LINE = /^ *\* backend: '([^']*)', name: '(.*)'$/gm;
const SOFTWARE = /swiftshader|llvmpipe|lavapipe|softpipe|basic render driver|software adapter/i;

/** Parses the lines `* backend: 'vulkan', name: '…'` of Dawn's message. */
export function parseAdapters(message: string): Adapter[] {
  return Array.from(message.matchAll(LINE), ([, backend = '', name = '']) => ({
    backend,
    name,
    software: isSoftwareAdapter(name),
  }));
}

/** Returns whether an adapter of this name computes on the CPU. */
export function isSoftwareAdapter(name: string): boolean {
  return SOFTWARE.test(name);
}
