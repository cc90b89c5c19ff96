/** Asks a Python for its version and folders. Installs nothing and changes nothing. */
import { z } from 'zod';
import { GalapagosError } from '../../core/errors.ts';
import { onOneLine } from '../../objectives/command/python/python-code.ts';
import { runBounded } from '../../runtime/run-bounded.ts';

/** Oldest version that the Python module supports. */
const OLDEST = [3, 8] as const;

const LOADING_MS = 30_000;
const MOST_BYTES = 1 << 16;

export interface PythonFacts {
  /** Absolute path of the interpreter, as it names itself. */
  readonly executable: string;
  /** For example `3.11.7`. */
  readonly version: string;
  /** Folder of pure Python packages (`sysconfig`). */
  readonly packages: string;
}

const facts = z.object({ executable: z.string(), version: z.string(), packages: z.string() });

// Runs on any Python 3, so that one that is too old can say so.
const ASK = `import json, platform, sys, sysconfig
print(json.dumps({"executable": sys.executable, "version": platform.python_version(),
"packages": sysconfig.get_paths()["purelib"]}))`;

type Environment = Readonly<Record<string, string | undefined>>;

/**
 * Asks the interpreter for its version and folders.
 * @throws GalapagosError `program-failed` if it is absent or no Python 3, `unsupported` if too old
 */
export async function askPython(
  { program }: { readonly program: string },
  env: Environment,
): Promise<PythonFacts> {
  const command = [program, '-c', onOneLine(ASK)];
  const { code, stdout, stderr, ended } = await runBounded(command, {
    env,
    timeoutMs: LOADING_MS,
    mostBytes: MOST_BYTES,
  });
  if (ended === 'not-found')
    throw failure(program, `there is no Python at ${program}; name one with --python`);
  const found = code === 0 ? factsIn(stdout) : null;
  if (found === null) {
    const reason =
      ended === 'timed-out'
        ? `it did not answer within ${String(LOADING_MS / 1000)} s`
        : (lastLine(stderr) ?? lastLine(stdout) ?? `it ended with status ${String(code)}`);
    throw failure(program, `${program} is not a usable Python 3: ${reason}`);
  }
  const [major = 0, minor = 0] = found.version.split('.').map(Number);
  if (major < OLDEST[0] || (major === OLDEST[0] && minor < OLDEST[1]))
    throw new GalapagosError(
      'unsupported',
      `${program} is Python ${found.version}; expected ${OLDEST.join('.')} or newer`,
      { found: found.version, expected: OLDEST.join('.') },
    );
  return found;
}

function factsIn(stdout: string): PythonFacts | null {
  try {
    const parsed = facts.safeParse(JSON.parse(lastLine(stdout) ?? ''));
    return parsed.success ? parsed.data : null;
  } catch {
    return null;
  }
}

function failure(program: string, message: string): GalapagosError {
  return new GalapagosError('program-failed', message, { command: program });
}

function lastLine(text: string): string | undefined {
  return text
    .split('\n')
    .map((line) => line.trim())
    .findLast((line) => line !== '');
}
