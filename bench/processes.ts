/** Runs the built command and the peers' scripts for benchmarks, each as its own process. */
import { spawn, spawnSync } from 'node:child_process';
import { text } from 'node:stream/consumers';
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

/** Runs `galapagos` with these arguments, after building it if necessary. */
export async function galapagos(args: readonly string[], signal?: AbortSignal): Promise<Ran> {
  await buildIfStale(root);
  return run(process.execPath, [`${root}bin/galapagos.mjs`, ...args], '', signal);
}

/**
 * A Python that can import the named modules; null: there is none (`GALAPAGOS_PEER_PYTHON` names
 * one, else `python3`).
 */
export function peerPython(...modules: readonly string[]): string | null {
  const python = process.env['GALAPAGOS_PEER_PYTHON'] ?? 'python3';
  const { status } = spawnSync(python, ['-c', modules.map((name) => `import ${name}`).join('\n')], {
    stdio: 'ignore',
  });
  return status === 0 ? python : null;
}

/**
 * Runs a peer's script, whose last line of output is one JSON object.
 * @param input text for its stdin
 */
export async function peer(
  python: string,
  script: string,
  args: readonly string[],
  input?: string,
  signal?: AbortSignal,
): Promise<Record<string, unknown>> {
  const ran = await run(python, [`${root}bench/peers/${script}`, ...args], input, signal);
  if (ran.code !== 0) throw new Error(`${script} failed: ${ran.stderr.slice(-2000)}`);
  const last: unknown = JSON.parse(ran.stdout.trim().split('\n').at(-1) ?? '');
  if (typeof last !== 'object' || last === null)
    throw new Error(`${script} printed no JSON object`);
  return { ...last };
}

async function run(
  command: string,
  args: readonly string[],
  input = '',
  signal?: AbortSignal,
): Promise<Ran> {
  const started = performance.now();
  const child = spawn(command, args, { cwd: root, stdio: 'pipe', killSignal: 'SIGKILL', signal });
  const closed = new Promise<number | null>((resolve, reject) =>
    child.once('close', resolve).once('error', reject),
  );
  // A peer that exits without reading its input reports why on stderr.
  child.stdin.on('error', () => undefined).end(input);
  const [stdout, stderr, code] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    closed,
  ]);
  return { code, stdout, stderr, seconds: (performance.now() - started) / 1000 };
}
