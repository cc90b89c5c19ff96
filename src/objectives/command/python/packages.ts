/**
 * Versions of a program's Python and of the packages that its script imports, on this machine. The
 * interpreter runs a fixed script that finds packages without importing them.
 */
import { homedir, tmpdir } from 'node:os';
import type { CommandObjective } from '../../../protocol/command-objective.ts';
import type { NeededProgram } from '../../../protocol/node-messages.ts';
import { MOST_MODULES, moduleName, pythonPackages } from '../../../protocol/python-packages.ts';
import type { PythonPackages } from '../../../protocol/python-packages.ts';
import { withVariables } from '../../../runtime/environment-variables.ts';
import { findProgram } from '../../../runtime/find-program.ts';
import { runBounded } from '../../../runtime/run-bounded.ts';
import { statedVariables } from '../attempt/environment.ts';
import { onOneLine } from './python-code.ts';
import { importsOf, scriptIn } from './python-imports.ts';
import { withPython } from './python.ts';

type Environment = Readonly<Record<string, string>>;

const ASKING_MS = 60_000;
const MOST_BYTES = 1 << 20;

// Finds modules without importing them; a name is one of the standard library where the
// interpreter's list or the place of its file says so.
const ASK = `import importlib.metadata as metadata, importlib.util as util, json, os, platform, sys, sysconfig
sys.path[0] = ""
own = os.path.realpath(sysconfig.get_paths()["stdlib"])
names = getattr(sys, "stdlib_module_names", ())
packages = getattr(metadata, "packages_distributions", dict)()
found = {}
for name in sys.argv[1:]:
    if name in names or name in sys.builtin_module_names:
        continue
    try:
        spec = util.find_spec(name)
    except (ImportError, ValueError):
        spec = None
    if spec is None:
        found[name] = None
        continue
    place = os.path.realpath(spec.origin or "")
    if place.startswith(own) and "site-packages" not in place and "dist-packages" not in place:
        continue
    version = ""
    for distribution in packages.get(name, []) + [name]:
        try:
            version = metadata.version(distribution)
            break
        except metadata.PackageNotFoundError:
            pass
    found[name] = version
print(json.dumps({"python": platform.python_version(), "packages": found}))`;

/**
 * Asks an interpreter for its version and those of packages.
 * @param names of modules
 */
export async function askPackages(
  program: string,
  names: readonly string[],
  { folder, env }: { readonly folder: string; readonly env: Readonly<NodeJS.ProcessEnv> },
): Promise<PythonPackages | { readonly error: string }> {
  const { stdout, stderr } = await runBounded([program, '-c', onOneLine(ASK), ...names], {
    cwd: folder,
    env,
    timeoutMs: ASKING_MS,
    mostBytes: MOST_BYTES,
  });
  const answer = pythonPackages.safeParse(parsed(stdout));
  return answer.success ? answer.data : { error: stderr.trim().split('\n').at(-1) ?? '' };
}

/**
 * Returns the modules that a Python program imports, which other machines compare; null: the
 * command runs no script with an interpreter of this machine.
 * @param objective its folder is absolute
 */
export function comparedImports({ command, folder, container }: CommandObjective): string[] | null {
  const [first = ''] = command;
  const script = container === undefined && isInterpreter(first) ? scriptIn(command, folder) : null;
  if (script === null) return null;
  const names = importsOf(command, script, folder).filter(
    (name) => moduleName.safeParse(name).success,
  );
  return names.slice(0, MOST_MODULES);
}

/** Asks the Python of an objective on this machine; null: it has none, or that does not answer. */
export function packagesHere(
  objective: CommandObjective,
  env: Readonly<NodeJS.ProcessEnv>,
): Promise<PythonPackages | null> {
  const { command, folder, python, env: added = {} } = objective;
  const imports = comparedImports(objective);
  const [first = ''] = command;
  return imports === null
    ? Promise.resolve(null)
    : packagesOf(
        { command: first, folder, ...(python === undefined ? {} : { python }) },
        imports,
        withVariables(env, statedVariables(added)),
      );
}

/** Asks the Python of a program whose code another machine has sent; null as above. */
export function packagesForLab(
  { imports, ...program }: NeededProgram,
  env: Environment,
): Promise<PythonPackages | null> {
  return imports === undefined || !isInterpreter(program.command)
    ? Promise.resolve(null)
    : // Python imports from the folder it runs in, and others may write to the temporary folder.
      packagesOf({ ...program, folder: tmpdir() }, imports, env, homedir());
}

async function packagesOf(
  { command, folder, python }: Omit<NeededProgram, 'imports'>,
  imports: readonly string[],
  env: Environment,
  runsIn = folder,
): Promise<PythonPackages | null> {
  const started = withPython({ command: [command], folder, python }, command, env);
  const found = findProgram(started.program, folder, started.env);
  if ('missing' in found) return null;
  const answer = await askPackages(found.path, imports, { folder: runsIn, env: started.env });
  return 'error' in answer ? null : answer;
}

/** Returns whether a command's first word names a Python, such as `/usr/bin/python3.11`. */
function isInterpreter(word: string): boolean {
  return /(?:^|[\\/])python[\d.]*(?:\.exe)?$/i.test(word);
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
