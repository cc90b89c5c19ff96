/**
 * `galapagos backend`: installs the libraries of executors in the user folder, lists and removes
 * them.
 */
import { join, resolve } from 'node:path';
import type { Command } from 'commander';
import type { BackendOutput } from '../../protocol/cli-output.ts';
import { userFolder } from '../../runtime/user-folder.ts';
import {
  installTensorflow,
  removeTensorflow,
} from '../../training/executors/tensorflow/install/install.ts';
import { findInstallation } from '../../training/executors/tensorflow/installation.ts';
import { text } from '../options/arguments.ts';
import { print, printJson } from '../process/context.ts';
import type { Context } from '../process/context.ts';
import { EXIT, UsageError } from '../process/exit-codes.ts';
import { onInterrupt } from '../process/interrupt.ts';

interface Options {
  readonly json?: boolean;
}

interface InstallFlags extends Options {
  readonly cuda?: boolean;
  readonly wheel?: string;
  readonly index: string;
}

const NAMES = ['tensorflow'];

export function addBackend(program: Command, context: Context): void {
  const backend = program
    .command('backend')
    .description('install, list and remove executor libraries that are not included')
    .addHelpText(
      'after',
      `
The tensorflow executor trains with TensorFlow on NVIDIA GPUs (CUDA) or on the CPU. Linux only. It is installed in
${folderOf()} and takes about 1.4 GB, with --cuda about 6 GB. The installation downloads TensorFlow's libraries from PyPI (with pip
if Python is installed) and @tensorflow/tfjs-node from npm, with --cuda @tensorflow/tfjs-node-gpu. Its native binding is compiled with g++ if possible;
otherwise the prebuilt one that comes with Galapagos is used.

Examples:
  galapagos backend install tensorflow
  galapagos backend install tensorflow --cuda
  galapagos backend install tensorflow --wheel ./tensorflow_cpu-2.20.0….whl
  galapagos backend list --json
  galapagos backend remove tensorflow`,
    );
  backend
    .command('install')
    .description(
      'install a library; an existing installation is replaced only once the new one works',
    )
    .argument('<name>', NAMES.join(', '))
    .option('--cuda', 'include the libraries for NVIDIA GPUs (CUDA)')
    .option('--wheel <file>', 'local wheel file of tensorflow or tensorflow-cpu', text)
    .option(
      '--index <url>',
      "PyPI's JSON API or a mirror, used if Python is not installed",
      text,
      'https://pypi.org/pypi',
    )
    .option('--json', 'print one JSON document')
    .action(async (name: string, flags: InstallFlags) => {
      checkName(name);
      await install(context, flags);
    });
  backend
    .command('list')
    .description('list the installed libraries')
    .option('--json', 'print one JSON document')
    .action(({ json = false }: Options) => {
      const output = listed();
      if (json) printJson(context, output);
      else print(context, output.backends.map(sentence));
    });
  backend
    .command('remove')
    .description('remove a library and its incomplete downloads')
    .argument('<name>', NAMES.join(', '))
    .option('--json', 'print one JSON document')
    .action(async (name: string, { json = false }: Options) => {
      checkName(name);
      const there = await removeTensorflow(folderOf(), downloadsOf());
      if (json) printJson(context, listed());
      else
        print(context, [
          there ? `removed ${name} from ${folderOf()}` : `${name} was not installed`,
        ]);
    });
}

async function install(
  context: Context,
  { cuda = false, wheel, index, json = false }: InstallFlags,
): Promise<void> {
  const { streams } = context;
  const cancelled = new AbortController();
  const stopListening = onInterrupt(() => {
    cancelled.abort();
  });
  const say = (line: string): void => {
    if (!json) streams.stderr.write(`${line}\n`);
  };
  try {
    const installed = await installTensorflow({
      folder: folderOf(),
      downloads: downloadsOf(),
      cuda,
      wheel: wheel === undefined ? undefined : resolve(streams.cwd, wheel),
      index: index.replace(/\/+$/, ''),
      resources: context.resources,
      env: streams.env,
      node: process.execPath,
      platform: process.platform,
      arch: process.arch,
      signal: cancelled.signal,
      onStep: (_, words, number, of) => {
        say(`${String(number)}/${String(of)}  ${words}`);
      },
      onProgress: tenths(say),
    });
    if (json) printJson(context, listed());
    else {
      const { tensorflow, tfjs, binding, librariesBy, folder, package: name } = installed;
      const source = { file: 'from the given wheel', pip: 'with pip', index: 'from the index' }[
        librariesBy
      ];
      print(context, [
        `installed tensorflow in ${folder}: TensorFlow ${tensorflow} ${source}${cuda ? ' with CUDA' : ''}, ${name} ${tfjs}, ${
          binding === 'compiled' ? 'binding compiled on this machine' : 'prebuilt binding'
        }.`,
      ]);
    }
  } catch (error) {
    if (!cancelled.signal.aborted) throw error;
    say('interrupted: nothing was installed; the next installation continues the downloads');
    context.exitWith(EXIT.interrupted);
  } finally {
    stopListening();
  }
}

/** Reports notes at once, and progress in tenths. */
function tenths(
  say: (line: string) => void,
): (note: string, done?: number, total?: number) => void {
  let last = '';
  return (note, done, total) => {
    const share =
      done === undefined || total === undefined
        ? ''
        : `: ${String(Math.floor((10 * done) / total) * 10)} %`;
    const line = `     ${note}${share}`;
    if (line !== last) say(line);
    last = line;
  };
}

function listed(): BackendOutput {
  const folder = folderOf();
  const found = findInstallation(folder);
  if ('absent' in found)
    return { backends: [{ name: 'tensorflow', folder, installed: null, absent: found.absent }] };
  const { tensorflow, tfjs, cuda, binding } = found.installation;
  return {
    backends: [
      { name: 'tensorflow', folder, installed: { tensorflow, tfjs, cuda, binding }, absent: null },
    ],
  };
}

function sentence({ name, folder, installed, absent }: BackendOutput['backends'][number]): string {
  if (installed === null) return `${name}  ${absent ?? 'not installed'}`;
  const { tensorflow, tfjs, cuda, binding } = installed;
  return `${name}  TensorFlow ${tensorflow}${cuda ? ' with CUDA' : ''}, tfjs-node ${tfjs}, binding ${binding}, in ${folder}`;
}

function checkName(name: string): void {
  if (!NAMES.includes(name))
    throw new UsageError(`unknown backend ${JSON.stringify(name)}: expected ${NAMES.join(', ')}`);
}

function folderOf(): string {
  return join(userFolder(), 'tensorflow');
}

function downloadsOf(): string {
  return join(userFolder(), 'tensorflow.downloads');
}
