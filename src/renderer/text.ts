/**
 * Every word the window says, in one place: an entry is a label, or a sentence with named holes; none is glued from parts elsewhere. A section
 * a region or view. Numbers come in as `format.ts` wrote them, except counts, which decide between one and many here.
 */
import type { Estimate, Measure } from './format.ts';
import { THIN, count } from './format.ts';

const numbers = new Intl.PluralRules('en');
const places = new Intl.PluralRules('en', { type: 'ordinal' });

/** `1 trial`, `3 trials`. */
function many(n: number, one: string, more = `${one}s`): string {
  return `${count(n)} ${numbers.select(n) === 'one' ? one : more}`;
}

/** `1st`, `2nd`, `3rd`, `12th`. */
function ordinal(n: number): string {
  const ends: Partial<Record<Intl.LDMLPluralRule, string>> = { one: 'st', two: 'nd', few: 'rd' };
  return `${count(n)}${ends[places.select(n)] ?? 'th'}`;
}

/** `5 to 8`, `up to 2`. */
function span({ low, high }: Estimate): string {
  return low === null ? `up to ${high}` : `${low} to ${high}`;
}

/** `A`, `A and B`, `A, B and C`. */
function list(entries: readonly string[]): string {
  const last = entries.at(-1) ?? '';
  return entries.length < 2 ? last : `${entries.slice(0, -1).join(', ')} and ${last}`;
}

const measures: Readonly<Record<Measure, string>> = { accuracy: 'accuracy', loss: 'loss', value: 'value' };

export const text = {
  many,
  list,
  states: {
    waiting: 'waiting',
    running: 'running',
    complete: 'complete',
    pruned: 'pruned',
    failed: 'failed',
    diverged: 'diverged',
    quarantined: 'set apart',
    paused: 'paused',
    stopped: 'stopped',
  },
  studyStates: {
    running: 'running',
    pausing: 'pausing',
    paused: 'paused',
    ending: 'ending',
    finished: 'finished',
    foreign: 'made by another program',
  },
  operators: {
    random: 'founder',
    mutation: 'mutation',
    crossover: 'crossover',
    both: 'crossover with mutation',
    bothShort: 'crossed, mutated',
  },
  measures,
  unknown: 'unknown',
  none: 'none',
  notUsed: 'not used',
  diverged: 'diverged',
  thousands: count,
  justNow: 'just now',
  ago: ({ age }: { age: string }) => `${age} ago`,
  estimate: (range: Estimate) => `${span(range)}${THIN}${range.unit}`,
  estimateNumbers: span,
  cancel: 'Cancel',
  close: 'Close',
  undo: 'Undo',
  details: 'Details',
  copyDetails: 'Copy details',
  copied: 'Copied',

  rail: {
    label: 'Studies and pages',
    product: 'Galapagos',
    noLab: 'no lab open',
    labFile: ({ file }: { file: string }) => `Lab file ${file}`,
    newStudy: 'New study',
    studies: 'Studies',
    noStudies: 'No study yet.',
    done: ({ done, of }: { done: number; of: number | null }) => (of === null ? count(done) : `${count(done)} of ${count(of)}`),
    noBest: 'no value yet',
    datasets: 'Datasets',
    machines: 'Machines',
    settings: 'Settings',
    machineCount: ({ machines, workers }: { machines: number; workers: number }) => `${count(machines)}, ${many(workers, 'worker')}`,
    progress: ({ name }: { name: string }) => `Best value of ${name} as its trials ended`,
    study: ({ name, state, best, done }: { name: string; state: string; best: string; done: string }) =>
      `${name}, ${best}, ${done}, ${state}`,
    confirmations: ({ name }: { name: string }) => `Confirmations of ${name}`,
    confirmation: ({ name, state, done }: { name: string; state: string; done: string }) => `${name}, ${done}, ${state}`,
    compareHint: 'Hold Ctrl and click to compare',
  },

  header: {
    best: ({ measure }: { measure: Measure }) => `Best ${measures[measure]} so far`,
    bestShort: 'Best so far',
    bestTrial: ({ trial, age }: { trial: number; age: string | null }) => (age === null ? `trial ${trial}` : `trial ${trial}, ${age}`),
    noBest: 'none yet',
    done: 'Done',
    running: ({ running }: { running: number }) => `${count(running)} running`,
    ofTrials: ({ of }: { of: number | null }) => (of === null ? 'trials' : `of ${many(of, 'trial')}`),
    outcomes: (counts: { complete: number; pruned: number; failed: number; running: number }) =>
      `${count(counts.complete)} complete, ${count(counts.pruned)} pruned, ${count(counts.failed)} failed, ${count(counts.running)} running`,
    timeLeft: 'Time left',
    until: ({ clock }: { clock: string }) => `until about ${clock}`,
    leftUnknown: {
      'too-few': ({ needed }: { needed: number | null }) =>
        `until ${many(needed ?? 5, 'trial')} finish`.replace('1 trial finish', '1 trial finishes'),
      'no-limit': () => 'no limit was set',
      'no-worker': () => 'no worker is in use',
      'not-running': () => 'not running',
      'target-only': () => 'it ends at its target',
      foreign: () => 'another program runs it',
    },
    timeNone: 'none',
    rate: 'Rate',
    perMinute: 'trials/min',
    energy: 'Energy so far',
    forTime: ({ time }: { time: string }) => `for ${time}`,
    pause: 'Pause',
    resume: 'Resume',
    stop: 'Stop',
    pauseHint: 'Pause: trials that run are returned to waiting, nothing is charged',
    resumeHint: 'Resume where it was left',
    stopHint: 'Stop: everything is kept and can be resumed by adding trials',
    add: ({ trials }: { trials: number }) => `Add ${many(trials, 'trial')}`,
    addOther: 'Add another number of trials',
    addUntil: 'Until…',
    untilTitle: 'Stop after',
    untilTrials: 'trials',
    untilMinutes: 'minutes of running',
    untilTarget: ({ measure }: { measure: Measure }) => `a best ${measures[measure]} of`,
    noLimit: 'no limit',
    setLimits: 'Set limits',
    numberWrong: ({ found }: { found: string }) => `Expected a number above 0, found ${found}.`,
    measured: ({ at }: { at: string }) => `Reached ${at}`,
  },

  tabs: {
    evolution: 'Evolution',
    space: 'Space',
    curves: 'Curves',
    trials: 'Trials',
    lab: 'Lab',
    label: 'Views of the study',
    export: 'Export',
  },

  exports: {
    best: 'Best configurations as JSON',
    top: ({ top }: { top: number }) => `Best ${count(top)} as JSON`,
    csv: 'All trials as CSV',
    study: 'Study file',
    lab: 'Lab file',
    report: 'Report as one page',
  },

  frame: {
    resizeRail: 'Width of the list of studies',
    resizeInspector: 'Width of the inspector',
    resizeStrip: 'Height of the devices',
    lost: ({ ago, of }: { ago: string; of: string | null }) =>
      of === null ? `Connection lost ${ago} ago. Trying again.` : `Connection lost ${ago} ago; numbers are of ${of}. Trying again.`,
    opening: 'Connecting to the lab.',
    interrupted: ({ names }: { names: readonly string[] }) =>
      names.length === 1
        ? `${names[0] ?? ''} was running when Galapagos was left. Nothing finished was lost.`
        : `${many(names.length, 'study', 'studies')} were running when Galapagos was left: ${list(names)}. Nothing finished was lost.`,
    resume: ({ studies }: { studies: number }) => (studies === 1 ? 'Resume' : `Resume all ${count(studies)}`),
    leave: 'Leave paused',
    stalled: ({ why }: { why: string }) => `Nothing can be written to the lab: ${why}. Trials wait; nothing is lost.`,
    failed: ({ why }: { why: string }) => `The lab stopped: ${why}.`,
    studyLoading: 'Reading the study.',
    trialButton: ({ trial }: { trial: number }) => `Trial ${trial}`,
    populationButton: 'Population',
    paused: 'Paused. Trials that ran were returned to waiting.',
    resumed: 'Resumed.',
    stopped: 'Stopped. Everything is kept; add trials to go on.',
    added: ({ trials }: { trials: number }) => `${many(trials, 'trial')} added.`,
  },

  /** Why a worker has nothing to do. */
  idle: {
    head: ({ names, time }: { names: readonly string[]; time: string }) =>
      `${names.length > 3 ? `${names.slice(0, 2).join(', ')} and ${count(names.length - 2)} more` : names.join(', ')} idle ${time}:`,
    leftOut: ({ age }: { age: string | null }) => (age === null ? 'left out by you.' : `left out by you ${age}.`),
    quarantined: ({ failures, until }: { failures: number; until: string | null }) =>
      `set apart: ${many(failures, 'attempt')} crashed here, none elsewhere.${until === null ? '' : ` It is tried again ${until}.`}`,
    starting: ({ tries }: { tries: number }) =>
      tries < 2 ? 'its process is starting.' : `its process is starting, for the ${ordinal(tries)} time in a row.`,
    away: 'nothing is heard of it; its process is started elsewhere.',
    storage: ({ error }: { error: string }) => `nothing can be written, so nothing new is begun: ${error}.`,
    retry: ({ trials }: { trials: number }) =>
      `${many(trials, 'trial')} failed and ${trials === 1 ? 'waits' : 'wait'} a moment before being tried again.`,
    avoided: ({ trials }: { trials: number }) =>
      `${many(trials, 'waiting trial')} crashed here and ${trials === 1 ? 'is' : 'are'} kept for others.`,
    sampler: ({ sampler, trials }: { sampler: string; trials: number }) => `${sampler} is thinking over ${many(trials, 'trial')}.`,
    generation: ({ generation, trials }: { generation: number; trials: number }) =>
      `${many(trials, 'trial')} of generation ${generation} still ${trials === 1 ? 'runs' : 'run'}; the next is bred when ${trials === 1 ? 'it ends' : 'they end'}.`,
    budget: ({ limit, last, on }: { limit: number; last: number; on: 'cpu' | 'gpu' | 'mixed' }) =>
      `all ${many(limit, 'trial')} are born, the last ${last === 1 ? 'one runs' : `${count(last)} run`} on ${{ cpu: 'CPU workers', gpu: 'GPUs', mixed: 'other workers' }[on]}.`,
    budgetOver: ({ limit }: { limit: number }) => `all ${many(limit, 'trial')} are born.`,
    spaceUsedUp: 'every point of the space has been tried or runs.',
    ending: 'the study is ending; what runs may finish.',
    paused: 'the study is paused.',
    finished: 'the last study finished.',
    noStudy: 'no study is running.',
    none: 'the scheduler gave no reason. That is a fault of ours.',
    useAgain: 'Use again',
    tryAgain: 'Try again',
  },

  strip: {
    label: 'Devices',
    expand: 'Show the devices',
    collapse: 'Fold the devices away',
    busy: ({ span: over, busy }: { span: string; busy: string }) => `last ${over}, ${busy} busy`,
    busyShort: ({ busy }: { busy: string }) => `${busy} busy`,
    nothing: 'Nothing has run here yet.',
  },

  start: {
    title: 'What shall evolve?',
    lead: 'Galapagos searches the settings of small neural networks on every GPU and CPU of this machine. Nothing leaves it.',
    mnist: 'Start with MNIST',
    mnistText: ({ gpus, workers }: { gpus: number; workers: number | null }) => {
      const devices = [...(gpus > 0 ? [many(gpus, 'GPU')] : []), ...(workers === null ? [] : [many(workers, 'CPU worker')])];
      return `70,000 handwritten digits, already here. The first trials start in about 5${THIN}s${devices.length === 0 ? '' : ` on ${list(devices)}`}.`;
    },
    mnistButton: 'Start evolving',
    starting: 'Starting',
    enter: 'Enter',
    drop: 'Drop your data here',
    dropText: 'A file, folder or archive: IDX, CIFAR, Parquet, NPZ, CSV, or one folder of images per class.',
    dropButton: 'Choose a file or folder',
    chooseFile: 'Choose files',
    chooseFolder: 'Choose a folder',
    open: 'Open a lab or a study',
    openText: 'A lab file (.db, also one written by Optuna) or a study (.json) from a colleague.',
    openButton: 'Open',
    digits: 'Handwritten digits of MNIST',
    kinds: ['.tar.gz', '.parquet', 'folder'],
  },

  drop: {
    title: 'Drop to import',
    items: ({ items }: { items: number | null }) =>
      `${items === null ? 'Items are' : items === 1 ? 'One item. It is' : `${count(items)} items. They are`} recognised by content, previewed, then stored.`,
    goesOn: 'The running study goes on.',
    kinds:
      'Reads IDX, CIFAR, Parquet, NPZ, CSV and folders of images, plain or in .zip, .tar, .tar.gz and .tar.xz. Lab files (.db) and studies (.json) open.',
    nothing: 'Nothing that can be read was dropped.',
    reading: ({ items }: { items: number }) => `Looking through ${many(items, 'file')}`,
  },

  /** By the setting of an import that would settle what is wrong with it. */
  importHints: {
    size: 'Choose one size for all images, then import it again.',
    channels: 'Choose grey or colour for all images, then import it again.',
    label: 'Name the column that holds the class, then import it again.',
    targets: 'Name the columns to predict, then import it again.',
    drop: 'Leave that column out, or name it as the label, then import it again.',
  } satisfies Readonly<Record<string, string>> as Readonly<Partial<Record<string, string>>>,

  imports: {
    found: ({ files }: { files: number }) => `${many(files, 'file')} found`,
    uploading: ({ part }: { part: string }) => `${part} sent`,
    samples: ({ samples, of }: { samples: number; of: number | null }) =>
      of === null ? `${count(samples)} images` : `${count(samples)} of ${count(of)} images`,
    left: ({ left }: { left: string }) => `${left} left`,
    andMore: ({ said, more }: { said: string; more: number }) => `${said} and ${count(more)} more`,
    ready: 'ready: look at it',
    failed: 'failed: nothing was stored',
    cancelled: 'cancelled',
    cancel: ({ name }: { name: string }) => `Cancel the import of ${name}`,
    dismiss: ({ name }: { name: string }) => `Discard ${name}`,
  },

  inspector: {
    label: 'Inspector',
    trial: ({ trial }: { trial: number }) => `Trial ${trial}`,
    escape: 'Esc',
    rank: ({ measure, rank, of }: { measure: Measure; rank: number; of: number }) =>
      rank === 1 ? `${measures[measure]}, best of ${count(of)}` : `${measures[measure]}, ${ordinal(rank)} of ${count(of)}`,
    lastReport: ({ measure, epoch, of }: { measure: Measure; epoch: number; of: number | null }) =>
      of === null ? `${measures[measure]} so far` : `${measures[measure]} after ${count(epoch)} of ${many(of, 'epoch')}`,
    noValue: 'no value',
    curve: 'Learning curve',
    curveLabel: ({ trial, epochs }: { trial: number; epochs: number }) => `Learning curve of trial ${trial} over ${many(epochs, 'epoch')}`,
    noCurve: 'No report yet.',
    epoch: ({ epoch }: { epoch: number }) => `epoch ${epoch}`,
    origin: {
      founder: 'Founder, drawn at random',
      other: ({ operator }: { operator: string }) => `Proposed by ${operator}`,
      of: ({ operator, parents }: { operator: string; parents: readonly number[] }) =>
        `${operator.charAt(0).toUpperCase()}${operator.slice(1)} of ${list(parents.map(String))}`,
    },
    parameters: 'Parameters',
    from: 'from',
    both: 'both',
    parentSame: 'parent',
    mutated: 'mutated',
    drawn: 'drawn',
    ancestors: ({ generations }: { generations: number }) => `Ancestors, ${many(generations, 'generation')} back`,
    noAncestors: 'No ancestors: it is a founder.',
    where: (place: { device: string | null; lane: number | null; executor: string | null }) =>
      [place.device, place.lane === null ? null : `lane ${place.lane}`, place.executor].filter((part) => part !== null).join(', '),
    whereUnknown: 'Where it ran is unknown',
    notBegun: 'Not begun',
    took: ({ time, attempts }: { time: string | null; attempts: number }) =>
      [...(time === null ? [] : [time]), many(attempts, 'attempt')].join(', '),
    confirm: ({ seeds }: { seeds: number }) => `Confirm on ${many(seeds, 'seed')}`,
    confirming: ({ top, seeds }: { top: number; seeds: number }) =>
      `The best${top === 1 ? ' is' : ` ${count(top)} are`} trained again on ${many(seeds, 'fresh seed')}.`,
    again: 'Run again',
    againHint: 'Starts a study of this one trial: the same parameters, its random draws made anew.',
    againName: ({ name, trial }: { name: string; trial: number }) => `${name}, trial ${trial} again`,
    againTold: ({ trial }: { trial: number }) => `Trial ${trial} runs again, as a study of its own.`,
    copy: 'Copy JSON',
    story: 'Story',
    storyLoading: 'Reading what became of it.',
    attempts: 'Attempts',
    attempt: (at: { k: number; slot: string; outcome: string | null; time: string | null }) =>
      `${at.k}: ${at.slot}, ${at.outcome ?? 'running'}${at.time === null ? '' : `, ${at.time}`}`,
    error: 'Why it failed',
    cancelTrial: 'Cancel this trial',
    population: 'Population',
    nothingSelected: 'Nothing selected. Click a dot, or press J and K.',
    noTrials: 'No trial has finished yet.',
    reading: ({ read, of }: { read: number; of: number }) => `Reading trials: ${count(read)} of ${count(of)}.`,
    notRead: ({ trial }: { trial: number }) => `Trial ${trial} has not been read from the lab file yet.`,
    density: ({ trials }: { trials: number }) => `${many(trials, 'trial')}, drawn as density; zoom in for dots.`,
    operators: 'What each operator bought',
    births: 'births',
    beat: 'beat parents',
    medianGain: 'median gain',
    beatOf: ({ beat, share }: { beat: number; share: string }) => `${count(beat)}, ${share}`,
    alive: ({ alive }: { alive: number }) => `Alive, ${count(alive)}`,
    bornIn: 'born in generation',
    bornAs: 'born as trial',
    worth: 'Is it still worth it?',
    /** In three parts, for the gain stands out. */
    worthSentence: (of: { generations: number | null; trials: number; gain: string; noise: string | null }) => ({
      before:
        of.generations === null
          ? `The last ${many(of.trials, 'trial')} bought `
          : `The last ${many(of.generations, 'generation')}, ${many(of.trials, 'trial')}, bought `,
      gain: of.gain,
      after:
        of.noise === null
          ? '. The noise of one training is unknown until 20 trials have a value.'
          : `. The noise of one training is about ${of.noise}.`,
    }),
    confirmBest: ({ top }: { top: number }) => (top === 1 ? 'Confirm the best' : `Confirm the best ${count(top)}`),
    stopAndConfirm: ({ top }: { top: number }) => `Stop and confirm the best ${count(top)}`,
    bestTrials: 'Best trials',
  },

  commands: {
    title: 'Commands',
    placeholder: 'Type a command, a study or a trial number',
    nothing: 'No command of that name.',
    study: ({ name }: { name: string }) => `Go to ${name}`,
    trial: ({ trial }: { trial: number }) => `Select trial ${trial}`,
    newStudy: 'New study',
    openData: 'Import a dataset',
    openLab: 'Open a lab or a study',
    pause: 'Pause the study',
    resume: 'Resume the study',
    stop: 'Stop the study',
    add: ({ trials }: { trials: number }) => `Add ${many(trials, 'trial')}`,
    best: 'Select the best trial',
    next: 'Next trial',
    previous: 'Previous trial',
    parents: 'First parent of the trial',
    children: 'First child of the trial',
    lineageNext: 'Next in the lineage',
    lineagePrevious: 'Previous in the lineage',
    fit: 'Fit the view to the trials',
    table: 'Chart as a table, and back',
    settings: 'Settings',
    datasets: 'Datasets',
    machines: 'Machines',
    strip: 'Show or fold the devices',
    keys: 'Keyboard shortcuts',
    commands: 'All commands',
    escape: 'Step out',
    space: 'Pause or resume',
  },
  keys: { title: 'Keyboard', charts: 'Inside a chart: arrows move, Enter selects, Esc steps out.', close: 'Close' },
  pages: { missing: 'This study is not in the lab.', toStudies: 'Show the studies' },

  trials: {
    chooseColumns: 'Columns',
    columns: {
      number: '#',
      state: 'State',
      curve: 'Curve',
      parents: 'Parents',
      generation: 'Generation',
      device: 'Worker',
      attempts: 'Attempts',
      reports: 'Reports',
      started: 'Started',
      time: 'Time',
    },
    value: (measure: Measure) => measures[measure].charAt(0).toUpperCase() + measures[measure].slice(1),
    filter: 'Filter the trials',
    filterHint: 'Filter: units > 200, adam',
    filterExpected: ({ part, number, after, found }: { part: string; number: boolean; after: string; found: string }) =>
      `${part}: expected ${number ? 'a number' : 'something'} after ${after}, found ${found}.`,
    filterName: ({ part, found, names }: { part: string; found: string; names: string }) =>
      `${part}: expected one of ${names}, found ${found === '' ? 'nothing' : found}.`,
    nothing: 'nothing',
    newRows: ({ trials }: { trials: number }) => `${count(trials)} new, show`,
    empty: 'No trial yet. The first is born when a worker is ready.',
    noneMatches: 'No trial passes the filter.',
    summary: (n: {
      complete: number;
      running: number;
      waiting: number;
      pruned: number;
      failed: number;
      diverged: number;
      shown: number;
    }) => {
      const all = n.complete + n.running + n.waiting + n.pruned + n.failed;
      const parts = [
        [n.complete - n.diverged, 'complete'],
        [n.running, 'running'],
        [n.waiting, 'waiting'],
        [n.pruned, 'pruned'],
        [n.failed, 'failed'],
        [n.diverged, 'diverged'],
      ] as const;
      const said = parts.filter(([each]) => each > 0).map(([each, name]) => `${count(each)} ${name}`);
      return `${many(all, 'trial')}: ${said.join(', ')}. ${count(n.shown)} shown.`;
    },
  },

  setUp: {
    title: 'New study',
    name: 'Name of the study',
    mode: 'How the study is shown',
    form: 'Form',
    json: 'JSON',
    open: 'Open study file',
    save: 'Save',
    start: 'Start',
    problems: ({ problems }: { problems: number }) => `${many(problems, 'field')} to mend`,
    problem: ({ path, expected, found, hint }: { path: string; expected: string; found: string; hint?: string | null }) =>
      `${path}: expected ${expected}, found ${found}${hint === null || hint === undefined ? '' : ` (${hint})`}.`,
    badJson: ({ problem }: { problem: string }) => `${problem}. The form keeps the last study that could be read.`,
    noJson: 'Expected a layer as JSON, e.g. {"type": "dense", "units": 10}.',
    data: 'Data',
    change: 'Change',
    dataset: ({
      training,
      test,
      shape,
      classes,
      targets,
    }: {
      training: { samples: number };
      test: { samples: number };
      shape: readonly number[];
      classes: number;
      targets: number;
    }) =>
      `${count(training.samples)} training and ${many(test.samples, 'test sample')}, ${shape.length === 3 ? `${shape[1] ?? 0} × ${shape[2] ?? 0}${shape[0] === 3 ? ', colour' : ''}` : many(shape[0] ?? 0, 'feature')}, ${targets > 0 ? many(targets, 'number to predict', 'numbers to predict') : many(classes, 'class', 'classes')}`,
    model: 'Model',
    layers: 'Layers and the shapes that come out of them',
    layer: ({ layer }: { layer: number }) => `Layer ${layer} as JSON`,
    moveUp: 'Move the layer up',
    moveDown: 'Move the layer down',
    insertLayer: 'Insert a layer below',
    removeLayer: 'Remove the layer',
    weights: ({ low, high }: { low: string; high: string }) => (low === high ? `${low} weights` : `${low} to ${high} weights`),
    shapes: ({ low, high }: { low: string; high: string }) => `${low} to ${high}`,
    doesNotFit: 'does not fit',
    misfit: ({ expected, found }: { expected: string; found: string }) => `Expected ${expected}, found ${found}.`,
    editLayers: 'Edit layers',
    doneEditing: 'Close the layers',
    fits: ({ weights }: { weights: string }) => `Blue: set by the search. Shapes fit, ${weights}.`,
    space: 'Search space',
    spaceColumns: ['Parameter', 'Kind', 'From', 'To', 'Step', 'Log', 'Only if'],
    kinds: { float: 'float', int: 'int', categorical: 'choice' },
    fields: { low: 'from', high: 'to', step: 'step', log: 'logarithmic' },
    fieldOf: ({ name, field }: { name: string; field: string }) => `${name}, ${field}`,
    nameOf: ({ name }: { name: string }) => `Name of ${name}`,
    kindOf: ({ name }: { name: string }) => `Kind of ${name}`,
    choicesOf: ({ name }: { name: string }) => `Choices of ${name}, parted by commas`,
    whenOf: ({ name }: { name: string }) => `When ${name} is searched`,
    valueOf: ({ name }: { name: string }) => `Value of ${name}`,
    searchIt: ({ name }: { name: string }) => `Search ${name}`,
    fixedTo: 'fixed to',
    always: 'always',
    addParameter: 'Add parameter',
    removeParameter: ({ name }: { name: string }) => `Remove ${name}`,
    gridSize: ({ size }: { size: string }) => `Grid: ${size} points`,
    noGrid: ({ floats }: { floats: number }) =>
      `Grid: no size, ${floats === 1 ? 'one float has no step' : `${count(floats)} floats have no step`}`,
    sampler: 'Sampler',
    samplerSettings: 'Settings',
    stop: 'Stop after',
    stopFields: { trials: 'Stop after so many trials', minutes: 'Stop after so many minutes', target: 'Stop at a value of' },
    trials: 'trials',
    minutes: 'min',
    or: 'or',
    orTarget: ({ accuracy }: { accuracy: boolean }) => (accuracy ? 'or accuracy of' : 'or value of'),
    noLimit: 'no limit',
    training: 'Training',
    epochs: 'epochs a trial',
    epochsLabel: 'Epochs a trial',
    workers: 'Workers',
    workersUnknown: 'workers of this machine',
    workersOf: ({ workers }: { workers: number }) => `of ${many(workers, 'CPU worker')} of this machine; all where nothing is said`,
    estimate: 'Estimate',
    untilStopped: 'Until you stop it',
    estimateOf: ({ trials, epochs, perMinute }: { trials: number | null; epochs: number; perMinute: string }) =>
      `${trials === null ? 'Trials' : many(trials, 'trial')}${epochs === 0 ? '' : ` of up to ${many(epochs, 'epoch')}`}, about ${perMinute} trials/min`,
    measuredAgo: ({ age }: { age: string }) => `Measured ${age} ago`,
    measuredRow: ({ device, executor }: { device: string; executor: string }) => `${device}, ${executor}`,
    lanes: 'lanes',
    perEpoch: 'an epoch',
    memory: 'memory',
    estimateNote: 'The range is 9 of 10 outcomes. Other work on this machine makes it longer.',
    notMeasured: 'Not measured yet.',
    measuring: ({ seconds }: { seconds: string }) =>
      `Measuring how fast this network trains here: ${seconds} so far, 4 s at most as a rule.`,
    measureAgain: 'Measure again',
    notWhileWrong: 'It is measured once every field holds.',
    split: 'Split',
    splitWords: ({
      train,
      validation,
      test,
      selectOn,
    }: {
      train: number;
      validation: number;
      test: number;
      selectOn: 'validation' | 'test';
    }) =>
      selectOn === 'test'
        ? `${count(train)} train. The ${count(test)} test samples choose between trials, so they say nothing of new data.`
        : `${count(train)} train, ${count(validation)} choose between trials. The ${count(test)} test samples are touched once, for the champion.`,
  },

  datasets: {
    title: 'Datasets',
    samples: ({ rows, classes }: { rows: number; classes: string }) => `${many(rows, 'real sample')} of each class: ${classes}`,
    classes: 'Samples of each class',
    perClass: ({ least, most }: { least: string; most: string }) => `Training samples per class, ${least} to ${most}`,
    evenly: ({ each }: { each: string }) => `${each} training samples of each class`,
    ready: ({ name }: { name: string }) => `${name}: ready to be stored`,
    name: 'Name',
    stored: 'Stored.',
    use: 'Use in a study',
    storeOnly: 'Store only',
    replace: 'Replace the dataset of this name',
    discard: 'Discard',
    remove: 'Remove',
    removeTitle: ({ name }: { name: string }) => `Remove ${name}`,
    removeText: 'Its samples are deleted from this machine. Studies that used it keep their results, and cannot train again.',
    reading: ({ name }: { name: string }) => `Reading ${name}`,
    importFailed: ({ name }: { name: string }) => `${name} was not stored`,
    gone: 'This import is over.',
    empty: 'Drop a file, folder or archive, or choose one.',
    choose: 'Choose files',
    chooseFolder: 'Choose a folder',
    recognised: 'Recognised',
    recognisedAs: ({ kind, how }: { kind: string; how: string }) => `${kind}: ${how}`,
    bundled: 'comes with Galapagos',
    shape: 'Shape',
    classesAre: 'Classes',
    source: 'Source',
    imported: 'Stored',
    size: 'Size on disk',
    split: 'Split',
    splitIs: ({ training, test, drawn }: { training: number; test: number; drawn: { share: number; seed: number } | null }) =>
      drawn === null
        ? `${count(training)} training and ${many(test, 'test sample')}, as the source has them`
        : `${count(training)} training and ${many(test, 'test sample')}, ${(drawn.share * 100).toFixed(0)}${THIN}% drawn with seed ${drawn.seed}`,
    hash: 'SHA-256',
    rows: ({ rows, features }: { rows: number; features: number }) => `First ${many(rows, 'row')} of ${many(features, 'feature')}`,
    features: ({ features }: { features: number }) => many(features, 'feature'),
    numbers: ({ targets }: { targets: number }) => many(targets, 'number to predict', 'numbers to predict'),
    warning: (code: string, data: Readonly<Record<string, unknown>>): string => {
      const said = (name: string): string => {
        const fact = data[name];
        return typeof fact === 'number' ? count(fact) : typeof fact === 'string' ? fact : '';
      };
      switch (code) {
        case 'imbalance':
          return `Classes differ in size, ${typeof data['ratio'] === 'number' ? data['ratio'].toFixed(0) : said('ratio')} : 1. Accuracy favours the large ones.`;
        case 'scaled':
          return `${said('images')} images of other size are scaled to ${said('width')} × ${said('height')}.`;
        case 'one-class':
          return `All samples are of one class, ${said('name')}. There is nothing to tell apart.`;
        case 'empty-classes':
          return `Classes without a sample: ${Array.isArray(data['names']) ? list(data['names'].map(String)) : said('names')}.`;
        default:
          return said('message') === '' ? code : said('message');
      }
    },
    again: 'Import again',
    againSize: 'Bring all images to',
    againWidth: 'Width in pixels',
    againHeight: 'Height in pixels',
    againChannels: 'Bring all images to',
    grey: 'grey',
    colour: 'colour',
    againLabel: 'Column of the class',
  },

  compare: {
    title: ({ studies }: { studies: number }) => `${many(studies, 'study', 'studies')} compared`,
    across: 'Best so far by',
    byTrials: 'By trials',
    byTime: 'By time',
    settings: 'Settings that differ',
    same: 'All settings are the same.',
    best: 'best so far',
    done: 'done',
    empty: 'No trial of these studies has a value yet.',
    unlike: ({ name }: { name: string }) => `${name} measures something else and is left out of the chart.`,
    timeless: ({ name }: { name: string }) => `${name} does not say when its trials ended, and is left out of the chart.`,
    summary: ({ studies }: { studies: readonly { name: string; best: string }[] }) =>
      studies.length === 0 ? 'No study to draw.' : `Best so far: ${list(studies.map(({ name, best }) => `${name} ${best}`))}.`,
  },

  confirmation: {
    title: 'Confirmed on fresh seeds',
    progress: ({ done, of }: { done: number; of: number }) =>
      done < of ? `${count(done)} of ${count(of)} trained again` : `${many(of, 'training')}, done`,
    trial: 'trial',
    mean: 'mean',
    interval: '95 % interval',
    seeds: 'seeds',
    notApart: ({ first, second, p }: { first: number; second: number; p: string }) =>
      `${first} and ${second} cannot be told apart (p = ${p}).`,
    apart: ({ first, second, p }: { first: number; second: number; p: string }) => `${first} is better than ${second} (p = ${p}).`,
    test: ({ trial, value }: { trial: number; value: string }) => `Trial ${trial} on the test set, looked at once: ${value}.`,
    export: ({ trial }: { trial: number }) => `Export trial ${trial}`,
    open: 'Open its study',
  },

  report: {
    written: ({ at, version }: { at: string; version: string }) => `Written on ${at} by Galapagos ${version}.`,
    nothing: 'No trial has finished.',
    best: ({ value, measure, trial }: { value: string; measure: Measure; trial: number }) =>
      `Best ${measures[measure]} ${value}, trial ${trial}`,
    counts: (n: { complete: number; pruned: number; failed: number; diverged: number; running: number; time: string | null }) =>
      `${many(n.complete + n.pruned + n.failed, 'trial')}: ${count(n.complete - n.diverged)} complete, ${count(n.failed)} failed, ${count(n.diverged)} diverged${n.running > 0 ? `, ${count(n.running)} running` : ''}${n.time === null ? '' : `; ${n.time} of running`}.`,
    bestTrials: ({ trials }: { trials: number }) => `The best ${many(trials, 'trial')}`,
    trial: 'trial',
    settings: 'What was searched, and how',
    executors: ({ labels }: { labels: string }) => `Trained by ${labels}.`,
    confirmation: 'Confirmed on fresh seeds',
    confirmed: ({ done, of }: { done: number; of: number }) => `${count(done)} of ${many(of, 'training')} done.`,
    apart: ({ p, first, second, told }: { p: string; first: number; second: number; told: boolean }) =>
      told
        ? `Trial ${first} is better than trial ${second} (p ${p.startsWith('<') ? p : `= ${p}`}).`
        : `Trials ${first} and ${second} cannot be told apart (p = ${p}).`,
    test: ({ value }: { value: string }) => `The winner on the test set, looked at once: ${value}.`,
    mean: 'mean',
    interval: '95 % interval',
    seeds: 'seeds',
  },

  lab: {
    tools: 'What ran where',
    spans: { minute: `1${THIN}min`, five: `5${THIN}min`, all: 'All' },
    spanLabel: 'How much time is shown',
    node: { thisMachine: 'this machine', unknown: 'what this machine is has not been read yet' },
    devicesCount: ({ gpus, workers }: { gpus: number; workers: number }) =>
      `${gpus === 0 ? '' : `${many(gpus, 'GPU')}, `}${many(workers, 'CPU worker')}`,
    cardsUnknown: ({ why }: { why: string }) => `Graphics cards: unknown, ${why}.`,
    cpu: 'CPU',
    cpuLine: ({ workers, cores }: { workers: number; cores: number | null }) =>
      cores === null ? many(workers, 'worker') : `${many(workers, 'worker')} on ${many(cores, 'core')}`,
    busyOf: ({ busy, of }: { busy: number; of: number }) => `${count(busy)} of ${count(of)} busy`,
    notUsedHere: 'no worker uses it',
    load: 'Load',
    cores: 'Load per core',
    coreRange: ({ last }: { last: number }) => `core 0 to ${last}`,
    coresLabel: ({ loads }: { loads: readonly string[] }) => `Load per core: ${list(loads)}`,
    memory: 'Memory',
    temperature: 'Temperature',
    power: 'Power',
    powerOf: ({ power, limit }: { power: string; limit: string | null }) => (limit === null ? power : `${power} of ${limit}`),
    ofMemory: ({ part }: { part: string }) => part,
    notRead: 'not read yet',
    idleFor: ({ time }: { time: string }) => `idle ${time}`,
    runningTrial: ({ trial }: { trial: number }) => `trial ${trial}`,
    runningTrials: ({ trials }: { trials: number }) => `${count(trials)} running`,
    slotStates: {
      starting: 'starting',
      absent: 'not here',
      ready: 'ready',
      draining: 'ending its last',
      quarantined: 'set apart',
      probation: 'on probation',
      'left-out': 'left out',
    },
    ranWhere: 'What ran where',
    ranSummary: ({ span: over, busy }: { span: string; busy: string | null }) => (busy === null ? over : `${over}, ${busy} busy`),
    chart: ({ workers, attempts, busy }: { workers: number; attempts: number; busy: string | null }) =>
      `${many(attempts, 'attempt')} on ${many(workers, 'worker')}${busy === null ? '' : `, ${busy} busy`}. Arrows step through attempts and rows, Enter selects, T shows the table.`,
    chartRole: 'timeline',
    legend: {
      complete: ({ measure }: { measure: Measure }) => `complete, by ${measures[measure]}`,
      running: 'running',
      other: 'another study',
      failed: 'failed',
      diverged: 'diverged',
      back: 'returned to waiting',
      idle: 'idle',
    },
    start: 'start',
    now: 'now',
    finishedAt: ({ clock }: { clock: string }) => `last ended ${clock}`,
    epochs: ({ epoch, of }: { epoch: number; of: number | null }) =>
      of === null ? many(epoch, 'epoch') : `${count(epoch)} of ${many(of, 'epoch')}`,
    outcomes: {
      succeeded: 'complete',
      diverged: 'diverged',
      pruned: 'pruned',
      crashed: 'crashed',
      outOfMemory: 'out of memory',
      timedOut: 'timed out',
      lost: 'lost with its worker',
      cancelled: 'returned to waiting',
      running: 'running',
    } as Readonly<Record<string, string>>,
    /** As short as a column is. */
    failures: { lost: 'lost' } as Readonly<Record<string, string>>,
    laneName: ({ slot, lane, lanes }: { slot: string; lane: number; lanes: number }) => (lanes > 1 ? `${slot}, lane ${lane}` : slot),
    cardTrial: ({ trial, study }: { trial: number; study: string | null }) =>
      study === null ? `Trial ${trial}` : `Trial ${trial} of ${study}`,
    cardWhere: ({ name, time, k }: { name: string; time: string; k: number }) => `${name}, ${time}${k > 1 ? `, attempt ${k}` : ''}`,
    cardGap: ({ name, time }: { name: string; time: string }) => `${name}: idle ${time}`,
    between: ({ from, to }: { from: string; to: string }) => `${from} to ${to}`,
    beforeTrial: ({ span: over, trial }: { span: string; trial: number }) => `${over}, before trial ${trial}`,
    gapUnknown: 'Why is not known any more: reasons are kept while Galapagos is open.',
    gapLane: 'Its other lanes were still training; all lanes of a worker begin together.',
    sentence: ({ words }: { words: string }) => words.charAt(0).toUpperCase() + words.slice(1),
    olderLoading: ({ attempts }: { attempts: number }) => `${many(attempts, 'attempt')} read from the lab file`,
    olderFailed: 'Older attempts could not be read.',
    workers: 'Workers',
    columns: {
      worker: 'Worker',
      executor: 'Executor',
      lanes: 'Lanes',
      epoch: 'Median epoch',
      duration: 'Median attempt',
      complete: 'Complete',
      failed: 'Failed',
      busy: 'Busy',
      now: 'Now',
    },
    noneYet: 'none yet',
    nowTrial: ({ trial, epoch, of }: { trial: number; epoch: number | null; of: number | null }) =>
      epoch === null || of === null ? `trial ${trial}` : `trial ${trial}, epoch ${epoch} of ${of}`,
    nowTrials: ({ trials }: { trials: readonly number[] }) => `trials ${list(trials.map(String))}`,
    noDevice: ({ gpus, cores }: { gpus: number; cores: number | null }) =>
      `No device is in use.${cores === null ? '' : ` ${many(gpus, 'GPU')} and ${many(cores, 'core')} were found.`}`,
    useThem: 'Use all workers',
    idleSince: ({ clock }: { clock: string }) => `Idle since ${clock}. The last study finished.`,
    nothingRan: 'Nothing has run here yet.',
    tables: {
      attempts: 'Attempts',
      devices: 'Devices',
      gaps: 'Gaps',
      shown: ({ shown, of }: { shown: number; of: number }) => `the latest ${count(shown)} of ${count(of)}`,
    },
    table: {
      trial: 'Trial',
      attempt: 'Attempt',
      worker: 'Worker',
      lane: 'Lane',
      from: 'From',
      to: 'To',
      time: 'Time',
      outcome: 'Outcome',
      value: 'Value',
      study: 'Study',
      reason: 'Reason',
      device: 'Device',
    },
    quarantine: {
      head: ({ name }: { name: string }) => `${name} set apart`,
      said: ({ name, words }: { name: string; words: string }) => `${name}: ${words} Nothing was charged.`,
      tryAgain: 'Try again',
      leaveOut: 'Leave out',
    },
    slot: {
      idleTitle: ({ time }: { time: string }) => `Idle for ${time}. Why?`,
      worksTitle: 'Working',
      works: ({ trials }: { trials: readonly number[] }) =>
        trials.length === 1 ? `It runs trial ${trials[0] ?? 0}.` : `It runs trials ${list(trials.map(String))}.`,
      spent: ({ time }: { time: string }) => `Where its ${time} went`,
      spentBar: ({ parts }: { parts: readonly string[] }) => list(parts),
      training: 'training',
      rest: 'between attempts',
      reasons: {
        leftOut: 'left out by you',
        quarantined: 'set apart',
        starting: 'starting its process',
        away: 'not heard of',
        storage: 'the lab could not be written',
        retry: 'waiting to try again',
        avoided: 'trials kept for others',
        sampler: 'the sampler was thinking',
        generation: 'waiting for a generation',
        budget: 'nothing waits',
        spaceUsedUp: 'the space is used up',
        ending: 'the study was ending',
        paused: 'the study was paused',
        finished: 'the study had finished',
        noStudy: 'no study',
        none: 'no reason given',
      } as Readonly<Record<string, string>>,
      attempts: 'Attempts',
      succeeded: 'succeeded',
      failures: 'crashed, out of memory, lost',
      back: 'returned to waiting',
      running: 'running',
      use: 'Use of this worker',
      leaveOut: 'Leave this worker out',
      leaveOutHint: 'What it runs may finish; nothing is charged.',
      useAgain: 'Use again',
      left: ({ names }: { names: readonly string[] }) => `${list(names)} ${names.length === 1 ? 'is' : 'are'} left out.`,
      used: ({ names }: { names: readonly string[] }) => `${list(names)} ${names.length === 1 ? 'is' : 'are'} used again.`,
      executor: ({ executor, lanes }: { executor: string | null; lanes: number }) =>
        [...(executor === null ? [] : [executor]), many(lanes, 'lane')].join(', '),
      process: ({ pid, memory }: { pid: number; memory: string | null }) =>
        memory === null ? `process ${pid}` : `process ${pid}, ${memory}`,
      noProcess: 'no process',
      gone: 'This worker is not part of the lab any more.',
    },
  },

  machines: {
    title: 'Machines',
    lead: ({ machines, workers }: { machines: number; workers: number }) => `${many(machines, 'machine')}, ${many(workers, 'worker')}`,
    thisMachine: 'this machine',
    reading: 'What this machine is is being read.',
    system: 'System',
    processor: 'Processor',
    cores: 'Cores',
    coresText: ({ cores }: { cores: number }) => `${count(cores)} that programs may use`,
    memory: 'Memory',
    cards: 'Graphics cards',
    noCards: 'none found',
    card: (card: { model: string; driver: string | null; address: string | null }) =>
      [
        card.model,
        ...(card.driver === null ? [] : [`driver ${card.driver}`]),
        ...(card.address === null ? [] : [`at ${card.address}`]),
      ].join(', '),
    userFolder: 'User folder',
    workers: 'Workers',
    noWorkers: 'No worker yet.',
    process: 'Process',
    state: 'State',
    use: 'Use',
    leaveOut: 'Leave out',
    useAgain: 'Use again',
    leaveOutName: ({ name }: { name: string }) => `Leave out ${name}`,
    useAgainName: ({ name }: { name: string }) => `Use again ${name}`,
  },

  settings: {
    title: 'Settings',
    lab: 'Lab',
    labFile: 'Lab file',
    openOther: 'Open another lab',
    data: 'Data',
    showDatasets: 'Show the datasets',
    version: 'Galapagos',
    versionText: ({ version, host }: { version: string; host: 'electron' | 'server' }) =>
      `version ${version}, ${host === 'electron' ? 'as an application' : 'served to this browser'}`,
    network: 'No network is needed: training, datasets and results stay on this machine.',
  },
};
