/** Text of the form that sets up a study of a person's own script. */
import type { ExaminedProject } from '../../protocol/window/script.ts';
import { bytes, count } from '../format.ts';
import { list, many } from './words.ts';

const whyNotCopied: Readonly<Record<ExaminedProject['leftOut'][number]['why'], string>> = {
  ignored: 'ignored',
  environment: 'environment',
  outside: 'link out of the folder',
};

export const script = {
  trial: 'Trial',
  kind: 'What a trial does',
  kinds: { network: 'Trains a network', script: 'Runs your own script' },
  title: 'Script',
  path: 'Path of the script',
  pathExample: '/home/me/project/train.py',
  browse: 'Browse',
  read: 'Read the script',
  readAgain: 'Read it again',
  hint: 'A Python script is run with --help, and its source is read. Nothing is trained and nothing is changed.',
  more: 'Python, folder and arguments',
  python: 'Python',
  pythonHint:
    'An interpreter or the folder of an environment. Empty: the active environment, .venv or python3.',
  args: 'Arguments that the script needs',
  argsHint: 'For example a subcommand: fit --data ./data',
  folder: 'Working folder',
  folderHint: 'Empty: the folder of the script.',
  reading: ({ seconds, file }: { seconds: string; file: string }) =>
    `Running ${file} --help: ${seconds} so far, at most 60 s.`,
  cancelReading: 'Read the source only',
  found: ({ source, program, origin }: { source: string; program: string; origin: string }) =>
    `Parameters: ${source}. Python: ${program}, ${origin}.`,
  fixed: ({ names }: { names: readonly string[] }) => `As in the script: ${list(names)}.`,
  unknown: ({ names }: { names: readonly string[] }) =>
    `Not searched, because their meaning is unknown: ${list(names)}.`,
  check: 'Check before you start',
  noBrowser:
    'A browser cannot run programs of this machine. In a terminal of the machine, type these two commands; the study then appears here.',
  commands: ['galapagos init train.py', 'galapagos run study.json'],
  noBrowserAlso: 'The desktop app has this form.',
  command: 'Command',
  commandLine: 'Command line of a trial',
  commandHint:
    '{name} stands for a parameter, {params:flags} for --name value of each, {seed} for the seed of the trial, {trialDir} for its folder, {checkpointDir} for the one that is kept, {config} for the configuration file. It is started without a shell.',
  config: 'Configuration file',
  configExample: 'config.yaml',
  configHint:
    'A YAML, JSON or TOML file in the working folder. Each trial gets a copy in which parameters replace the values with their names, such as optimizer.lr. Empty: none.',
  code: 'Files',
  files: 'Files that trials run in',
  filesOf: {
    copy: 'A copy of the project folder',
    kept: 'The copy of the earlier study',
    folder: 'The project folder itself',
  },
  project: 'Project folder',
  copied: ({ files, bytes: size }: { files: number; bytes: number }) =>
    `Start copies ${many(files, 'file')}, ${bytes(size)} of at most 200 MB. Edits afterwards do not change the study, and other machines of the lab can run it.`,
  notCopied: ({ leftOut, more }: Pick<ExaminedProject, 'leftOut' | 'more'>) =>
    `Not copied, trials find links to them: ${[
      ...leftOut.map(({ path, why }) => `${path} (${whyNotCopied[why]})`),
      ...(more > 0 ? [`${count(more)} more`] : []),
    ].join(', ')}.`,
  keptNote: ({ hash }: { hash: string }) =>
    `Trials run the copy ${hash}, which the earlier study took when it started.`,
  folderNote:
    'Edits in the folder change trials that start later, and other machines of the lab get no trials.',
  result: 'Result',
  direction: 'Direction',
  directions: {
    maximize: 'A larger value is better',
    minimize: 'A smaller value is better',
  } as Readonly<Record<string, string>>,
  ruleOf: { result: 'Where the result is found', reports: 'Where the values of epochs are found' },
  rules: {
    stdout: 'a printed line',
    output: 'a printed or logged line',
    json: 'a JSON file',
    csv: 'a CSV file',
    module: 'the module galapagos',
    none: 'not reported',
  },
  ruleNames: {
    stdout: 'Regular expression',
    file: 'File',
    key: 'Key',
    column: 'Column',
  },
  fieldOf: { result: 'of the result', reports: 'of the epochs' },
  labelOf: ({ field, of }: { field: string; of: string }) => `${field} ${of}`,
  ruleHints: {
    stdout: 'Matched with each printed line. The number is in the round brackets.',
    output:
      'Matched with each line of standard output and standard error. The number is in the round brackets.',
    file: 'Relative to the folder of the trial: pass {trialDir} to the script.',
    module:
      'The script calls galapagos.finish(value), or appends it to the file GALAPAGOS_REPORTS.',
    moduleReports:
      'The script calls galapagos.report(epoch, value), or appends it to the file GALAPAGOS_REPORTS.',
    none: 'Trials cannot be stopped early.',
  },
  lastCounts: 'The last match counts.',
  reports: 'Epochs',
  epochs: 'Epochs of a trial',
  epochsAfter: 'epochs',
  limits: 'Limits',
  timeout: 'Time limit of a trial in minutes',
  timeoutAfter: 'minutes a trial',
  outputMb: 'Megabytes of output kept of a trial',
  outputAfter: 'MB of output kept',
  checkpoints: 'Kept checkpoint folders',
  checkpointsOf: {
    best: 'checkpoints of the best trial',
    all: 'checkpoints of all trials',
    none: 'no checkpoints',
  } as Readonly<Record<string, string>>,
  tryOnce: 'Try once',
  tryHint:
    'Runs the command with the default values, and shows what the rules find. No trial counts.',
  endTry: 'End the try',
  trying: ({ elapsed, most }: { elapsed: string; most: string }) =>
    `Running for ${elapsed}; ended after ${most} at the latest.`,
  tried: ({ elapsed, value }: { elapsed: string; value: string }) =>
    `It ended after ${elapsed}. Result: ${value}.`,
  triedDiverged: ({ elapsed }: { elapsed: string }) =>
    `It ended after ${elapsed}. The result is not a finite number, so the trial would count as diverged.`,
  triedTooLong: ({ most }: { most: string }) =>
    `Ended after ${most}: a try takes no longer. A trial has the time limit below.`,
  triedCancelled: ({ elapsed }: { elapsed: string }) => `You ended it after ${elapsed}.`,
  matched: ({ reports, first, last }: { reports: number; first: string; last: string }) =>
    reports === 1
      ? `One value of an epoch: ${last}.`
      : `${many(reports, 'value of an epoch', 'values of epochs')}: the first ${first}, the last ${last}.`,
  matchedNothing: 'No value of an epoch was found.',
  printed: 'Printed',
  printedNothing: 'It has printed nothing.',
  omitted: ({ bytes }: { bytes: number }) => `${many(bytes, 'byte')} before this are not shown.`,
  defaultsOf: ({ names }: { names: readonly string[] }) =>
    `The script names no default of ${list(names)}: the middle of the range was used.`,
  estimate: ({ trials, workers }: { trials: number; workers: number }) =>
    `${many(trials, 'trial')} on ${many(workers, 'worker')}, from the duration of the try. Trials that are stopped early make it shorter.`,
  estimateFirst: 'Try the command once to see an estimate.',
  untilStopped: ({ perHour }: { perHour: number }) => `About ${count(perHour)} trials an hour.`,
};
