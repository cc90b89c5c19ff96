/**
 * The environment of a program: an allow-list of the worker's own, the variables of the contract
 * with programs, and those that the objective adds.
 */
import type { Params } from '../../../core/search-space/distribution.ts';
import { variableOf, withVariables } from '../../../runtime/environment-variables.ts';
import { valueText } from '../template.ts';

/** Variables that a program gets as the worker has them. */
const PASSED =
  /^(PATH|HOME|USER|LOGNAME|SHELL|LANG|LANGUAGE|LC_[A-Z_]+|TZ|TERM|VIRTUAL_ENV|CONDA_\w+|MAMBA_ROOT_PREFIX|UV_PROJECT_ENVIRONMENT|LD_LIBRARY_PATH|DYLD_\w+|CUDA_\w+|NVIDIA_\w+|HIP_VISIBLE_DEVICES|ROCR_VISIBLE_DEVICES|HSA_\w+|ZE_AFFINITY_MASK|ZE_ENABLE_PCI_ID_DEVICE_ORDER|XDG_\w+)$/;

/** Variables without which programs of Windows do not start; names there ignore case. */
const PASSED_ON_WINDOWS =
  /^(PATH|PATHEXT|SYSTEMROOT|SYSTEMDRIVE|WINDIR|COMSPEC|USERPROFILE|USERNAME|APPDATA|LOCALAPPDATA|PROGRAMDATA|PROGRAMFILES.*|COMMONPROGRAMFILES.*|HOMEDRIVE|HOMEPATH|NUMBER_OF_PROCESSORS|PROCESSOR_\w+|OS|VIRTUAL_ENV|CONDA_\w+|MAMBA_ROOT_PREFIX|UV_PROJECT_ENVIRONMENT|CUDA_\w+|NVIDIA_\w+|HIP_VISIBLE_DEVICES|ZE_\w+)$/i;

/** Beginning of the names that the contract reserves. */
export const RESERVED = 'GALAPAGOS_';

/** Files, folders and numbers of an attempt, which its program is told. */
export interface AttemptFacts {
  readonly study: string;
  readonly trial: number;
  readonly attempt: number;
  readonly seed: number;
  /** The project folder on the machine of the lab. */
  readonly project: string;
  readonly trialDir: string;
  readonly checkpointDir: string;
  readonly temporaryDir: string;
  readonly paramsFile: string;
  readonly reportsFile: string;
  readonly stopFile: string;
  /** Epochs of a part of a training; null: the attempt is a whole training. */
  readonly epochs?: { readonly from: number; readonly until: number } | null;
}

/** Name of the variable that has a parameter's value. */
export function parameterVariable(name: string): string {
  return `${RESERVED}PARAM_${name.replaceAll(/[^A-Za-z0-9_]/g, '_')}`;
}

/** Variables of an objective whose values it states. */
export function statedVariables(
  added: Readonly<Record<string, string | null>> = {},
): Record<string, string> {
  return Object.fromEntries(
    Object.entries(added).flatMap(([name, value]) =>
      value === null ? [] : [[name, value] as const],
    ),
  );
}

/**
 * @param added the objective's own; null: the worker's value
 * @param threads cores that the program may keep busy
 */
export function environmentOf(
  own: NodeJS.ProcessEnv,
  added: Readonly<Record<string, string | null>>,
  params: Params,
  facts: AttemptFacts,
  threads: number,
  platform: NodeJS.Platform = process.platform,
): Record<string, string> {
  const base: Record<string, string> = {};
  const passed = platform === 'win32' ? PASSED_ON_WINDOWS : PASSED;
  for (const [name, value] of Object.entries(own))
    if (value !== undefined && passed.test(name)) base[name] = value;
  for (const name of ['TMPDIR', ...(platform === 'win32' ? ['TMP', 'TEMP'] : [])])
    base[name] = facts.temporaryDir;
  base['PYTHONUNBUFFERED'] = '1';
  base['PYTHONIOENCODING'] = 'utf-8';
  base['OMP_NUM_THREADS'] = base['MKL_NUM_THREADS'] = String(threads);
  const stated: Record<string, string> = {};
  for (const [name, value] of Object.entries(added)) {
    const text = value ?? variableOf(own, name, platform);
    if (text !== undefined) stated[name] = text;
  }
  const env = withVariables(base, stated, platform);
  for (const [name, value] of Object.entries(params))
    env[parameterVariable(name)] = valueText(value);
  env['GALAPAGOS_PARAMS'] = facts.paramsFile;
  env['GALAPAGOS_REPORTS'] = facts.reportsFile;
  env['GALAPAGOS_STOP'] = facts.stopFile;
  env['GALAPAGOS_PROJECT'] = facts.project;
  env['GALAPAGOS_TRIAL_DIR'] = facts.trialDir;
  env['GALAPAGOS_CHECKPOINT_DIR'] = facts.checkpointDir;
  env['GALAPAGOS_STUDY'] = facts.study;
  env['GALAPAGOS_TRIAL'] = String(facts.trial);
  env['GALAPAGOS_ATTEMPT'] = String(facts.attempt);
  env['GALAPAGOS_SEED'] = String(facts.seed);
  const { epochs = null } = facts;
  if (epochs !== null) {
    env['GALAPAGOS_FROM_EPOCH'] = String(epochs.from);
    env['GALAPAGOS_UNTIL_EPOCH'] = String(epochs.until);
  }
  return env;
}
