/**
 * Provides tfjs-node's binding for the current TensorFlow libraries: compiled from the package's
 * source, or the prebuilt one that comes with Galapagos.
 */
import { existsSync } from 'node:fs';
import { copyFile, mkdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { packageFiles, type BindingPackage, type Installation } from '../installation.ts';
import { InstallationFailed } from './failure.ts';
import { runProgram } from './run-program.ts';
import type { Progress, InstallEnvironment } from './wheel-source.ts';

/** Arguments relative to the package's folder, in which the compiler runs. */
function compilerArguments(headers: string, output: string): string[] {
  return [
    ...['-O2', '-std=c++17', '-shared', '-fPIC', '-DNAPI_VERSION=8'],
    ...[
      `-I${headers}`,
      '-I.',
      '-Ideps/include',
      'binding/tfjs_backend.cc',
      'binding/tfjs_binding.cc',
    ],
    ...[
      '-o',
      output,
      '-Ldeps/lib',
      '-ltensorflow',
      '-ltensorflow_framework',
      '-s',
      '-Wl,-rpath,$ORIGIN/../../deps/lib',
    ],
  ];
}

/**
 * @param folder folder of the new installation
 * @param name package that contains the source
 * @param shipped path of the prebuilt binding for this processor; it may be missing
 */
export async function makeBinding(
  folder: string,
  name: BindingPackage,
  shipped: string,
  around: InstallEnvironment,
  progress: Progress,
): Promise<Installation['binding']> {
  const files = packageFiles(name);
  const binding = join(folder, files.binding);
  await mkdir(dirname(binding), { recursive: true });
  const said: string[] = [];
  const chosen = around.env['CXX'] ?? '';
  const compilers = [...(chosen === '' ? [] : [chosen]), 'g++', 'c++', 'clang++'];
  for (const compiler of compilers) {
    progress(`compiling with ${compiler}`);
    const cwd = join(folder, files.folder);
    const args = compilerArguments(
      join(folder, 'node_modules', 'node-api-headers', 'include'),
      binding,
    );
    const { code, absent, lastWords } = await runProgram(compiler, args, { ...around, cwd });
    if (code === 0 && existsSync(binding)) return 'compiled';
    if (!absent) {
      said.push(`${compiler}: ${lastWords === '' ? `exit code ${String(code)}` : lastWords}`);
      break;
    }
  }
  if (said.length === 0) said.push(`no compiler (${compilers.join(', ')})`);
  if (existsSync(shipped)) {
    progress(`${said.join('; ')}: using the binding that comes with Galapagos`);
    await copyFile(shipped, binding);
    return 'shipped';
  }
  throw new InstallationFailed('binding', {
    expected: `a C++ compiler, or a binding for ${around.arch} that comes with Galapagos`,
    found: said.join('; '),
    remedy: 'install g++ (Debian: apt install g++) and try again',
  });
}
