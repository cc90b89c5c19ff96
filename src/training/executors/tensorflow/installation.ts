/**
 * Locates the TensorFlow libraries and tfjs-node's binding and checks that they are complete.
 * Read-only; `galapagos backend install` writes.
 */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** Content of `installation.json`. */
export interface Installation {
  readonly format: 'galapagos-tensorflow/1';
  /** Version of the TensorFlow libraries. */
  readonly tensorflow: string;
  /** Npm package that contains the binding. */
  readonly package: BindingPackage;
  /** Version of that package. */
  readonly tfjs: string;
  /** True if the libraries support CUDA. */
  readonly cuda: boolean;
  readonly binding: 'compiled' | 'shipped';
}

export const INSTALLATION_FILE = 'installation.json';
export const BINDING_PACKAGES = {
  cpu: '@tensorflow/tfjs-node',
  cuda: '@tensorflow/tfjs-node-gpu',
} as const;
export type BindingPackage = (typeof BINDING_PACKAGES)[keyof typeof BINDING_PACKAGES];

/** Files of a binding package within the installation's folder. */
export interface PackageFiles {
  readonly folder: string;
  readonly binding: string;
  readonly libraries: readonly string[];
  /** Folder of CUDA's assembler. */
  readonly tools: string;
}

export function packageFiles(name: BindingPackage): PackageFiles {
  const folder = join('node_modules', name);
  return {
    folder,
    binding: join(folder, 'lib', 'napi-v8', 'tfjs_binding.node'),
    libraries: ['libtensorflow_cc.so.2', 'libtensorflow_framework.so.2'].map((library) =>
      join(folder, 'deps', 'lib', library),
    ),
    tools: join(folder, 'deps', 'cuda'),
  };
}

/** A complete installation. */
export interface Installed {
  readonly installation: Installation;
  /** Path of the native binding. */
  readonly binding: string;
  /** Folder of CUDA's assembler and device library, which XLA needs; null: not installed. */
  readonly cudaTools: string | null;
}

export type Found = Installed | { readonly absent: string };

/** @param folder folder from `GALAPAGOS_TENSORFLOW`; undefined if it is unset */
export function findInstallation(folder: string | undefined): Found {
  if (folder === undefined || folder === '') return { absent: 'GALAPAGOS_TENSORFLOW is not set' };
  const file = join(folder, INSTALLATION_FILE);
  if (!existsSync(file)) return { absent: `not installed: ${file} does not exist` };
  let installation: Installation;
  try {
    installation = parse(readFileSync(file, 'utf8'));
  } catch (error) {
    return { absent: `${file}: ${error instanceof Error ? error.message : String(error)}` };
  }
  const { binding, libraries, tools } = packageFiles(installation.package);
  const lacking = [binding, ...libraries].find((name) => !existsSync(join(folder, name)));
  if (lacking !== undefined)
    return { absent: `incomplete: ${join(folder, lacking)} does not exist` };
  const cudaTools = join(folder, tools);
  return {
    installation,
    binding: join(folder, binding),
    cudaTools: existsSync(join(cudaTools, 'bin', 'ptxas')) ? cudaTools : null,
  };
}

function parse(text: string): Installation {
  const value = JSON.parse(text) as Partial<Record<keyof Installation, unknown>> | null;
  const { format, tensorflow, tfjs, cuda, binding } = value ?? {};
  // Earlier releases used one package for both kinds of libraries and did not record it.
  const name = value?.package ?? BINDING_PACKAGES.cpu;
  if (format !== 'galapagos-tensorflow/1')
    throw new TypeError(`format: expected "galapagos-tensorflow/1", found ${shown(format)}`);
  if (typeof tensorflow !== 'string')
    throw new TypeError(`tensorflow: expected a version, found ${shown(tensorflow)}`);
  if (typeof tfjs !== 'string')
    throw new TypeError(`tfjs: expected a version, found ${shown(tfjs)}`);
  if (typeof cuda !== 'boolean')
    throw new TypeError(`cuda: expected true or false, found ${shown(cuda)}`);
  if (binding !== 'compiled' && binding !== 'shipped')
    throw new TypeError(`binding: expected "compiled" or "shipped", found ${shown(binding)}`);
  if (name !== BINDING_PACKAGES.cpu && name !== BINDING_PACKAGES.cuda)
    throw new TypeError(
      `package: expected "${BINDING_PACKAGES.cpu}" or "${BINDING_PACKAGES.cuda}", found ${shown(name)}`,
    );
  return { format, tensorflow, package: name, tfjs, cuda, binding };
}

function shown(value: unknown): string {
  return value === undefined ? 'nothing' : JSON.stringify(value);
}
