/** Runs the built command and the peers' scripts for benchmarks, each as its own process. */
import { spawn, spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { buildIfStale } from '../build/build-if-stale.mjs';

const root = fileURLToPath(new URL('../', import.meta.url));

export interface Ran {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
  /** Wall time of the whole process. */
  readonly seconds: number;
}

/** The `galapagos` command with these arguments, built first if need be. */
export async function galapagos(args: readonly string[]): Promise<Ran> {
  await buildIfStale(root);
  return run(process.execPath, [`${root}bin/galapagos.mjs`, ...args]);
}

/** A Python that can import the named modules; null: there is none (`GALAPAGOS_PEER_PYTHON` names one, else `python3`). */
export function peerPython(...modules: readonly string[]): string | null {
  const python = process.env['GALAPAGOS_PEER_PYTHON'] ?? 'python3';
  const { status } = spawnSync(python, ['-c', modules.map((name) => `import ${name}`).join('\n')], { stdio: 'ignore' });
  return status === 0 ? python : null;
}

/** A peer's script; its last line of output is one JSON object. */
export async function peer(python: string, script: string, args: readonly string[]): Promise<Record<string, unknown>> {
  const ran = await run(python, [`${root}bench/peers/${script}`, ...args]);
  if (ran.code !== 0) throw new Error(`${script} failed: ${ran.stderr.slice(-2000)}`);
  const last: unknown = JSON.parse(ran.stdout.trim().split('\n').at(-1) ?? '');
  if (typeof last !== 'object' || last === null) throw new Error(`${script} printed no JSON object`);
  return { ...last };
}

function run(command: string, args: readonly string[]): Promise<Ran> {
  const started = performance.now();
  const child = spawn(command, args, { cwd: root, stdio: ['ignore', 'pipe', 'pipe'] });
  const out: Buffer[] = [];
  const err: Buffer[] = [];
  child.stdout.on('data', (chunk: Buffer) => out.push(chunk));
  child.stderr.on('data', (chunk: Buffer) => err.push(chunk));
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code) => {
      resolve({
        code,
        stdout: Buffer.concat(out).toString(),
        stderr: Buffer.concat(err).toString(),
        seconds: (performance.now() - started) / 1000,
      });
    });
  });
}
