/**
 * Text around the views: the list of studies, the study's header and tabs, notices, the device
 * strip.
 */
import { at } from '../../core/at.ts';
import { scoreName } from '../../core/study/score.ts';
import type { EarlyStops } from '../../core/study/early-stops.ts';
import type { ScoreKind } from '../../core/study/score.ts';
import { THIN, count } from '../format.ts';
import { list, many } from './words.ts';

export const rail = {
  unfold: 'Show studies and pages',
  fold: 'Fold the rail',
  label: 'Studies and pages',
  product: 'Galapagos',
  noLab: 'no lab open',
  labFile: ({ file }: { file: string }) => `Lab file ${file}`,
  newStudy: 'New study',
  studies: 'Studies',
  noStudies: 'No study yet.',
  done: ({ done, of }: { done: number; of: number | null }) =>
    of === null ? count(done) : `${count(done)} of ${count(of)}`,
  noBest: 'no value yet',
  objectives: ({ objectives }: { objectives: number }) => many(objectives, 'objective'),
  datasets: 'Datasets',
  machines: 'Machines',
  settings: 'Settings',
  machineCount: ({ machines, workers }: { machines: number; workers: number }) =>
    `${count(machines)}, ${many(workers, 'worker')}`,
  progress: ({ name }: { name: string }) => `Best value of ${name} over its finished trials`,
  study: ({
    name,
    state,
    best,
    done,
  }: {
    name: string;
    state: string;
    best: string;
    done: string;
  }) => `${name}, ${best}, ${done}, ${state}`,
  confirmations: ({ name }: { name: string }) => `Confirmations of ${name}`,
  confirmation: ({ name, state, done }: { name: string; state: string; done: string }) =>
    `${name}, ${done}, ${state}`,
  confirmationOf: ({ done, of }: { done: number; of: number | null }) =>
    `Confirmation (${of === null ? count(done) : `${count(done)} of ${count(of)}`})`,
  testResult: 'Test result',
  compareHint: 'Hold Ctrl and click to compare',
};

export const header = {
  best: (kind: ScoreKind) => `Best ${scoreName(kind)} so far`,
  bestShort: ({ split }: ScoreKind) => (split === null ? 'Best so far' : `Best, ${split}`),
  bestTrial: ({ trial, age }: { trial: number; age: string | null }) =>
    age === null ? `trial ${trial}` : `trial ${trial}, ${age}`,
  noBest: 'none yet',
  objectives: 'Objectives',
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
    'no-worker': () => 'no worker is ready',
    'not-running': () => 'not running',
    'target-only': () => 'runs until the target value',
    foreign: () => 'run by another program',
    pending: () => 'estimating',
  },
  stoppedEarly: 'Stopped early',
  stoppedEarlyOf: ({ of, epochsSaved }: EarlyStops) =>
    epochsSaved === null
      ? `of ${count(of)}`
      : `of ${count(of)}, ${Math.round(epochsSaved * 100)}${THIN}% of epochs saved`,
  timeNone: 'none',
  rate: 'Rate',
  perMinute: 'trials/min',
  energy: 'Energy so far',
  forTime: ({ time }: { time: string }) => `for ${time}`,
  pause: 'Pause',
  resume: 'Resume',
  stop: 'Stop',
  stoppedAt: ({ ended, of }: { ended: number; of: number | null }) =>
    of === null
      ? `stopped at ${many(ended, 'trial')}`
      : `stopped at ${count(ended)} of ${count(of)}`,
  resumeRemaining: ({ remaining }: { remaining: number | null }) =>
    remaining === null ? 'Resume' : `Resume the remaining ${count(remaining)}`,
  pauseHint: 'Pause: running trials get 5 s to finish, the others run again later',
  resumeHint: 'Resume the study',
  stopHint: 'Stop: all results are kept, and the study can be resumed',
  add: ({ trials }: { trials: number }) => `Add ${many(trials, 'trial')}`,
  addOther: 'Add another number of trials',
  addUntil: 'Until…',
  untilTitle: 'Stop after',
  untilTrials: 'trials',
  untilMinutes: 'minutes of running time',
  untilTarget: (kind: ScoreKind) => `a best ${scoreName(kind)} of`,
  noLimit: 'no limit',
  setLimits: 'Set limits',
  numberWrong: ({ found }: { found: string }) => `Expected a number above 0, found ${found}.`,
  measured: ({ at }: { at: string }) => `Reached ${at}`,
};

export const tabs = {
  evolution: 'Evolution',
  space: 'Space',
  curves: 'Curves',
  trials: 'Trials',
  lab: 'Lab',
  label: 'Views of the study',
  export: 'Export',
};

export const exports = {
  best: 'Best configurations as JSON',
  top: ({ top }: { top: number }) => `Best ${count(top)} as JSON`,
  csv: 'All trials as CSV',
  study: 'Study file',
  lab: 'Lab file',
  report: 'Report as one HTML page',
};

export const frame = {
  resizeRail: 'Width of the list of studies',
  resizeInspector: 'Width of the inspector',
  resizeStrip: 'Height of the device strip',
  lost: ({ ago, of }: { ago: string; of: string | null }) =>
    of === null
      ? `Connection lost ${ago} ago. Reconnecting.`
      : `Connection lost ${ago} ago; values are as of ${of}. Reconnecting.`,
  refused:
    'The server was restarted with another link. Paste its new link here, as galapagos serve printed it.',
  refusedLink: 'Link or token',
  admit: 'Reconnect',
  notAdmitted: 'Not accepted. Copy the whole link; galapagos serve --print-link prints it again.',
  opening: 'Connecting to the lab.',
  interrupted: ({ names }: { names: readonly string[] }) =>
    names.length === 1
      ? `${at(names, 0)} was running when Galapagos closed. All finished trials were kept.`
      : `${many(names.length, 'study', 'studies')} were running when Galapagos closed: ${list(names)}. All finished trials were kept.`,
  resume: ({ studies }: { studies: number }) =>
    studies === 1 ? 'Resume' : `Resume all ${count(studies)}`,
  leave: 'Keep paused',
  damaged: ({ count, first, file }: { count: number; first: string; file: string }) =>
    `The lab file contains ${count === 1 ? 'an invalid value' : `${count} invalid values`}. ${first}. List ${count === 1 ? 'it' : 'them'} with: galapagos check ${file}`,
  stalled: ({ why }: { why: string }) =>
    `The lab file cannot be written: ${why}. No new trial starts until it can; no result is lost.`,
  failed: ({ why }: { why: string }) => `The lab stopped: ${why}.`,
  failing: ({ why }: { why: string }) =>
    `Paused: ${why}. Correct the cause and duplicate the study, or resume it as it is.`,
  studyLoading: 'Loading the study.',
  trialButton: ({ trial }: { trial: number }) => `Trial ${trial}`,
  populationButton: 'Population',
  pausing: ({ running }: { running: number }) =>
    running === 0
      ? 'Pausing.'
      : `Pausing. ${many(running, 'running trial')} may finish within 5${THIN}s.`,
  paused: 'Paused.',
  resumed: 'Resumed.',
  stopping: ({ running }: { running: number }) =>
    running === 0
      ? 'Stopping.'
      : `Stopping. ${many(running, 'running trial')} may finish within 5${THIN}s.`,
  stopped: ({ ended, of }: { ended: number; of: number | null }) =>
    `Stopped at ${of === null ? many(ended, 'trial') : `${count(ended)} of ${count(of)}`}.`,
  stoppedAll: 'Stopped. All trials had ended.',
  /** Outcome of the trials that were running. */
  settled: ({ finished, returned }: { finished: number; returned: number }) => {
    if (finished === 0 && returned === 0) return '';
    if (returned === 0) return `${many(finished, 'running trial')} finished.`;
    if (finished === 0) return `${many(returned, 'running trial')} returned to the queue.`;
    return `${many(finished, 'running trial')} finished, ${count(returned)} returned to the queue.`;
  },
  added: ({ trials }: { trials: number }) => `${many(trials, 'trial')} added.`,
};

export const strip = {
  label: 'Devices',
  expand: 'Show the devices',
  collapse: 'Hide the devices',
  busy: ({ span: over, busy }: { span: string; busy: string }) => `last ${over}, ${busy} busy`,
  busyShort: ({ busy }: { busy: string }) => `${busy} busy`,
  nothing: 'No trial has run here yet.',
};

export const pages = { missing: 'This study is not in the lab.', toStudies: 'Show the studies' };
