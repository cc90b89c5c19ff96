/** Text of the Lab view: devices, timeline, workers. */
import { at } from '../../core/at.ts';
import type { Idle } from '../../core/scheduling/idle.ts';
import { scoreName } from '../../core/study/score.ts';
import type { ScoreKind } from '../../core/study/score.ts';
import { THIN, count } from '../format.ts';
import { list, many } from './words.ts';

export const lab = {
  tools: 'Timeline',
  spans: { minute: `1${THIN}min`, five: `5${THIN}min`, all: 'All' },
  spanLabel: 'Time range',
  node: { thisMachine: 'this machine', unknown: 'hardware not read yet' },
  devicesCount: ({ gpus, workers }: { gpus: number; workers: number }) =>
    `${gpus === 0 ? '' : `${many(gpus, 'GPU')}, `}${many(workers, 'CPU worker')}`,
  devicesOf: ({ name }: { name: string }) => `Devices of ${name}`,
  cardsUnknown: ({ why }: { why: string }) => `GPUs: unknown, ${why}.`,
  cpu: 'CPU',
  cpuLine: ({ workers, cores }: { workers: number; cores: number | null }) =>
    cores === null
      ? many(workers, 'worker')
      : `${many(workers, 'worker')} on ${many(cores, 'core')}`,
  busyOf: ({ busy, of }: { busy: number; of: number }) => `${count(busy)} of ${count(of)} busy`,
  work: {
    cpuPower: 'power is not measured',
    noReading: 'power is not read',
    lanes: 'Lanes busy',
    lanesOf: ({ busy, of }: { busy: number; of: number }) => `${count(busy)} of ${count(of)}`,
    full: ({ lanes }: { lanes: number }) =>
      `${many(lanes, 'lane')} ${lanes === 1 ? 'fills' : 'fill'} it`,
    fullUnknown: 'its best number is not measured yet',
    speed: 'Speed',
    samples: 'samples/s',
    whileTraining: 'while training',
    noSpeed: 'no epoch reported here yet',
    energy: 'Energy per trial',
    idleIncluded: 'idle power included',
    noEnergy: 'no trial has ended here yet',
  },
  notInInventory: 'not in the inventory',
  notUsedHere: 'not used by any worker',
  executors: {
    label: 'Executors',
    works: 'works',
    line: ({ name, state }: { name: string; state: string }) => `${name}: ${state}`,
    notChecked: 'Executors: not checked yet.',
    fails: ({ reason, remedy }: { reason: string; remedy: string | null }) =>
      remedy === null ? `${reason}.` : `${reason}. To fix it: ${remedy}`,
  },
  load: 'Load',
  cores: 'Load per core',
  core: ({ core }: { core: number }) => `Load of core ${core}`,
  coreRange: ({ last }: { last: number }) => `core 0 to ${last}`,
  coresLabel: ({ loads }: { loads: readonly string[] }) => `Load per core: ${list(loads)}`,
  memory: 'Memory',
  temperature: 'Temperature',
  power: 'Power',
  powerOf: ({ power, limit }: { power: string; limit: string | null }) =>
    limit === null ? power : `${power} of ${limit}`,
  ofMemory: ({ part }: { part: string }) => part,
  notRead: 'not read yet',
  /** Returns why the figures of another machine are unknown. */
  awaySince: ({ clock }: { clock: string }) => `away since ${clock}`,
  notConnected: 'not connected',
  stopping: 'stopping a trial',
  idleFor: ({ time }: { time: string }) => `idle ${time}`,
  runningTrial: ({ trial }: { trial: number }) => `trial ${trial}`,
  runningTrials: ({ trials }: { trials: number }) => `${count(trials)} running`,
  /** A device of another machine. */
  deviceOn: ({ name, node }: { name: string; node: string }) => `${name} on ${node}`,
  slotStates: {
    starting: 'starting',
    absent: 'absent',
    ready: 'ready',
    draining: 'draining',
    quarantined: 'quarantined',
    probation: 'on probation',
    drained: 'disabled',
  },
  ranWhere: 'Timeline',
  ranSummary: ({ span: over, busy }: { span: string; busy: string | null }) =>
    busy === null ? over : `${over}, ${busy} busy`,
  chart: ({
    workers,
    attempts,
    busy,
  }: {
    workers: number;
    attempts: number;
    busy: string | null;
  }) =>
    `${many(attempts, 'attempt')} on ${many(workers, 'worker')}${busy === null ? '' : `, ${busy} busy`}. Arrows step through attempts and rows, Enter selects, T shows the table.`,
  chartRole: 'timeline',
  legend: {
    complete: (kind: ScoreKind) => `complete, by ${scoreName(kind)}`,
    running: 'running',
    other: 'another study',
    failed: 'failed or lost',
    diverged: 'diverged',
    pruned: 'pruned',
    noResult: (seen: { back: boolean; superseded: boolean; cancelled: boolean }) =>
      [
        ...(seen.back ? ['returned to the queue'] : []),
        ...(seen.superseded ? ['ended elsewhere first'] : []),
        ...(seen.cancelled ? ['trial cancelled'] : []),
      ].join(' or '),
    idle: 'idle',
  },
  start: 'start',
  now: 'now',
  finishedAt: ({ clock }: { clock: string }) => `last ended ${clock}`,
  /** Empty: a program that has reported no value of an epoch, and may never. */
  epochs: ({ epoch, of }: { epoch: number; of: number | null }) =>
    of === null && epoch === 0
      ? ''
      : of === null
        ? many(epoch, 'epoch')
        : `${count(epoch)} of ${many(of, 'epoch')}`,
  outcomes: {
    succeeded: 'complete',
    diverged: 'diverged',
    pruned: 'pruned',
    crashed: 'crashed',
    outOfMemory: 'out of memory',
    timedOut: 'timed out',
    lost: 'lost with its worker',
    cancelled: 'returned to the queue',
    superseded: 'ended elsewhere first',
    trialCancelled: 'trial cancelled',
    paused: 'paused at a rung',
    running: 'running',
  } as Readonly<Record<string, string>>,
  /** Abbreviations for narrow columns. */
  failures: { lost: 'lost' } as Readonly<Record<string, string>>,
  laneName: ({ slot, lane, lanes }: { slot: string; lane: number; lanes: number }) =>
    lanes > 1 ? `${slot}, lane ${lane}` : slot,
  cardTrial: ({ trial, study }: { trial: number; study: string | null }) =>
    study === null ? `Trial ${trial}` : `Trial ${trial} of ${study}`,
  cardWhere: ({
    name,
    time,
    attemptNumber,
  }: {
    name: string;
    time: string;
    attemptNumber: number;
  }) => `${name}, ${time}${attemptNumber > 1 ? `, attempt ${attemptNumber}` : ''}`,
  cardGap: ({ name, time }: { name: string; time: string }) => `${name}: idle ${time}`,
  between: ({ from, to }: { from: string; to: string }) => `${from} to ${to}`,
  beforeTrial: ({ span: over, trial }: { span: string; trial: number }) =>
    `${over}, before trial ${trial}`,
  gapUnknown: 'Reason unknown: reasons are kept only while Galapagos is open.',
  gapLane: 'The worker’s other lanes were still training; all lanes of a worker start together.',
  sentence: ({ words }: { words: string }) => words.charAt(0).toUpperCase() + words.slice(1),
  olderLoading: ({ attempts }: { attempts: number }) =>
    `${many(attempts, 'attempt')} loaded from the lab file`,
  olderFailed: 'Older attempts could not be loaded.',
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
  nowTwice: ({ doing, mark }: { doing: string; mark: string }) => `${doing}, ${mark}`,
  nowTrials: ({ trials }: { trials: readonly number[] }) => `trials ${list(trials.map(String))}`,
  noDevice: ({ gpus, cores }: { gpus: number; cores: number | null }) =>
    `No device is enabled.${cores === null ? '' : ` ${many(gpus, 'GPU')} and ${many(cores, 'core')} were found.`}`,
  useThem: 'Enable all workers',
  idleSince: ({ clock }: { clock: string }) => `Idle since ${clock}. The last study finished.`,
  nothingRan: 'No trial has run here yet.',
  tables: {
    attempts: 'Attempts',
    devices: 'Devices',
    gaps: 'Gaps',
    shown: ({ shown, of }: { shown: number; of: number }) =>
      `the latest ${count(shown)} of ${count(of)}`,
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
    head: ({ name }: { name: string }) => `${name} quarantined`,
    said: ({ name, words }: { name: string; words: string }) =>
      `${name}: ${words} The crashes do not count against the trials.`,
    tryAgain: 'Try again',
    drainWorker: 'Disable',
  },
  slot: {
    idleTitle: ({ time }: { time: string }) => `Idle for ${time}. Why?`,
    worksTitle: 'Working',
    works: ({ trials }: { trials: readonly number[] }) =>
      trials.length === 1
        ? `Running trial ${at(trials, 0)}.`
        : `Running trials ${list(trials.map(String))}.`,
    spent: ({ time }: { time: string }) => `Time use over ${time}`,
    spentBar: ({ parts }: { parts: readonly string[] }) => list(parts),
    training: 'training',
    rest: 'between attempts',
    reasons: {
      drained: 'disabled by you',
      quarantined: 'quarantined',
      starting: 'process starting',
      away: 'not responding',
      nodeAway: 'machine not heard of',
      nodeAbsent: 'machine gone',
      nodeMode: 'machine paused or drained',
      held: 'machine in use',
      nodeQuarantined: 'machine quarantined',
      resting: 'process not started',
      lacksContent: 'waiting for the dataset',
      otherArithmetic: 'the release computes differently',
      otherModel: 'the study began on another GPU model',
      storage: 'lab file not writable',
      retry: 'waiting to retry',
      avoided: 'trials reserved for other workers',
      unfit: 'the study runs on other kinds of devices',
      notSelected: 'not selected for the study',
      noRoom: 'no cores or memory left',
      leftToFaster: 'faster workers finish the rest sooner',
      sampler: 'waiting for the sampler',
      generation: 'waiting for the generation to end',
      budget: 'no trial left to start',
      results: 'waiting for results of running trials',
      spaceUsedUp: 'search space exhausted',
      ending: 'study ending',
      paused: 'study paused',
      finished: 'study finished',
      noStudy: 'no study',
      none: 'reason unknown',
    } satisfies Readonly<Record<Idle['reason'], string>> as Readonly<Record<string, string>>,
    attempts: 'Attempts',
    succeeded: 'succeeded',
    failures: 'crashed, out of memory, lost',
    back: 'returned to the queue',
    superseded: 'ended elsewhere first',
    running: 'running',
    use: 'Availability',
    drainWorker: 'Disable this worker',
    drainWorkerHint: 'Running trials finish first.',
    resumeWorker: 'Enable this worker',
    left: ({ names }: { names: readonly string[] }) =>
      `${list(names)} ${names.length === 1 ? 'is' : 'are'} disabled.`,
    used: ({ names }: { names: readonly string[] }) =>
      `${list(names)} ${names.length === 1 ? 'is' : 'are'} enabled.`,
    executor: ({ executor, lanes }: { executor: string | null; lanes: number }) =>
      [
        ...(executor === null ? [] : [executor]),
        lanes === 0 ? 'lanes not known yet' : many(lanes, 'lane'),
      ].join(', '),
    process: ({ pid, memory }: { pid: number; memory: string | null }) =>
      memory === null ? `process ${pid}` : `process ${pid}, ${memory}`,
    noProcess: 'no process',
    gone: 'This worker is no longer part of the lab.',
  },
};
