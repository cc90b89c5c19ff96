/**
 * Implements `run`: opens the lab, chooses the study, starts the workers, notifies the display, and
 * ends at a stop rule, at Ctrl-C, or after a fatal error.
 */
import { randomUUID } from 'node:crypto';
import { THIS_NODE, deviceName } from '../../core/device.ts';
import { withEscapes } from '../../core/hidden-characters.ts';
import { samplerText } from '../../core/samplers/sampler-text.ts';
import { canResume, endedOf, lanesForSearch } from '../../core/scheduling/index.ts';
import type { Study } from '../../core/scheduling/index.ts';
import type { Listed } from '../../core/study/objectives.ts';
import { axesOf } from '../../core/search-space/axis.ts';
import type { Axis } from '../../core/search-space/axis.ts';
import { FAILED_ALIKE } from '../../core/study/failing-alike.ts';
import { withChosenSampler } from '../../core/study/choose-sampler.ts';
import { startedFromText } from '../../core/study/start-history.ts';
import { STOPPED_BY_USER } from '../../core/study/stopped.ts';
import { startLab } from '../../lab/start-lab.ts';
import type { LabParts, RunningLab } from '../../lab/start-lab.ts';
import type { StartableDevice } from '../../node/devices/pin.ts';
import { workerCount } from '../../node/workers/slots.ts';
import { EnergyMeter } from '../../node/machine/energy-meter.ts';
import { watchUtilisation } from '../../node/machine/utilisation.ts';
import type { Utilisation } from '../../node/machine/utilisation.ts';
import { objectiveKind } from '../../objectives/registry.ts';
import { withPruning } from '../../protocol/pruning.ts';
import { availableCores } from '../../runtime/confinement.ts';
import { userFolder } from '../../runtime/user-folder.ts';
import { findCards } from '../../studies/find-cards.ts';
import { GraceCount } from '../../studies/grace-count.ts';
import { packageDifferencesText } from '../../studies/script/compare-packages.ts';
import { shareLab, tellOfDigits } from '../actions/share-lab.ts';
import { firstWords } from '../display/first-words.ts';
import { lacksText } from '../display/node-problems.ts';
import type { RunDisplay, RunSummary } from '../display/run-display.ts';
import { EXIT, UsageError } from '../process/exit-codes.ts';
import type { ExitCode } from '../process/exit-codes.ts';
import { onInterrupt } from '../process/interrupt.ts';
import { onOutputLost } from '../process/lost-output.ts';
import { chooseDevices, requireSelected } from './choose-devices.ts';
import type { ChosenDevices } from './choose-devices.ts';
import { chooseStudy } from './choose-study.ts';
import { withoutEffect } from './flags-without-effect.ts';
import type { ResolvedRun, RunStudy } from './resolved-run.ts';
import { labEventOf, runEventOf } from './run-events.ts';
import { unusedHistory } from './start-from.ts';
import { withStudyCode } from './study-code.ts';
import { bestSoFar, summarise } from './run-summary.ts';
import type { RunEnd } from './run-summary.ts';

/**
 * Milliseconds that running trials have to finish after a first signal, by signal; none when output
 * is lost. With the pause and the end of the workers they are less than the time after which the
 * process ends in any case.
 */
const GRACE_MS = { SIGINT: 5_000, SIGTERM: 2_000, SIGHUP: 2_000 } as const;
/**
 * Milliseconds after the grace period within which the pause must be written to a lab file that
 * currently cannot be written.
 */
const PAUSE_MS = 1_000;
/** Additional milliseconds if it can: a worker may take a while to stop in the middle of a step. */
const SLOW_PAUSE_MS = 10_000;
const TICK_MS = 100;
/** Number of processes that exit before any worker was ready after which the run fails. */
const STILLBORN = 3;

export const runStudy: RunStudy = async (run, display) => {
  let end: (end: RunEnd) => void = () => undefined;
  const ended = new Promise<RunEnd>((resolve) => (end = resolve));
  const view: View = {
    uid: '',
    axes: [],
    listed: {},
    ready: false,
    stillborn: 0,
    lost: 0,
    stalled: null,
    lab: null,
    early: [],
    grace: new GraceCount(),
  };
  const found = findCards({
    userFolder: userFolder(),
    env: process.env,
    forPrograms: needsGpuForPrograms(run.spec.objective),
  });
  // Names can be checked only once the cards are known, and before a lab is opened.
  const selection = run.devices ?? run.spec.devices ?? null;
  const source = run.devices === null ? 'devices in the study' : '--devices';
  const chosen =
    selection === null
      ? found.then((cards) => chooseDevices(null, cards))
      : Promise.resolve(chooseDevices(selection, await found, source));
  await requireDevice(run.spec, selection, chosen);
  const meter = new EnergyMeter();
  let power: Utilisation | null = null;
  const lab = await startLab({
    file: run.lab,
    resources: run.resources,
    energyBetween: (device, from, to) => meter.between(device, from, to),
    listener: listenerFor(view, display, end),
  });
  view.lab = lab;
  const ticking = setInterval(() => display.tick(performance.now()), TICK_MS);
  let giveUp: NodeJS.Timeout | undefined;
  const pause = (graceMs: number): void => {
    lab.coordinator.command({ type: 'studyPaused', study: view.uid, graceMs });
    const dueMs = performance.now() + graceMs + PAUSE_MS;
    // A pause counts once it is in the lab file; on a full disk it never gets there.
    giveUp ??= setInterval(() => {
      const lateMs = performance.now() - dueMs;
      if (lateMs >= (view.stalled === null ? SLOW_PAUSE_MS : 0))
        end({ state: 'failed', reason: unsaved(view) });
    }, TICK_MS);
  };
  const stopHearing = onInterrupt((signal) => {
    const seconds = GRACE_MS[signal] / 1_000;
    display.event({
      type: 'note',
      text: `waiting up to ${seconds} s for running trials; press Ctrl-C again to exit at once (finished trials are kept)`,
    });
    pause(GRACE_MS[signal]);
  });
  const stopWatching = onOutputLost(() => pause(0));
  try {
    const startedMs = performance.now();
    const devices = await devicesFor(run, chosen, display);
    if (devices.cards.length > 0)
      power = watchUtilisation({ node: THIS_NODE, onSample: (sample) => meter.add(sample) });
    lab.share.onRefused((text) => display.event({ type: 'note', text }));
    tellOfDigits(lab.share, (text) => display.event({ type: 'note', text }));
    const invited = run.sharePort === null ? null : await shareLab(lab.share, run.sharePort);
    const ready = await withStudyCode(run, [...lab.coordinator.lab.studies.values()]);
    const study = begin(ready, lab, view, display, devices);
    if (invited !== null) display.event({ type: 'shared', ...invited });
    if (study.state === 'finished') end({ state: 'finished', reason: study.reason ?? '' });
    const how = await ended;
    const elapsedMs = performance.now() - startedMs;
    await lab.close().catch((error: unknown) => {
      // The reason is already known: the error that ended the study also prevents closing the file
      // in order.
      if (how.state !== 'failed') throw error;
    });
    const summary = summarise(
      run,
      study,
      { ...how, elapsedMs, lostAttempts: view.lost, settled: view.grace.settled },
      userFolder(),
    );
    display.finish(summary);
    return exitCodeFor(summary);
  } finally {
    clearInterval(ticking);
    clearInterval(giveUp);
    stopHearing();
    stopWatching();
    await power?.stop();
    await lab.close().catch(() => undefined);
  }
};

/** State of the listener once the study is chosen. */
interface View {
  uid: string;
  axes: readonly Axis[];
  /** Its objectives and constraints. */
  listed: Listed;
  /** True if any worker has been ready. */
  ready: boolean;
  stillborn: number;
  /** Number of attempts lost with their worker. */
  lost: number;
  /** Null before it is open. */
  lab: RunningLab | null;
  /** Notes of before the display is started, to be shown then; null: it is. */
  early: string[] | null;
  readonly grace: GraceCount;
  /** Reason why the lab file cannot be written; null: it can. */
  stalled: string | null;
}

function unsaved({ stalled }: View): string {
  return `${stalled ?? 'the study could not be paused in time'}; trials that are not saved run again`;
}

function listenerFor(
  view: View,
  display: RunDisplay,
  end: (end: RunEnd) => void,
): LabParts['listener'] {
  /** Names of nodes by id, also of those that were removed meanwhile. */
  const names = new Map<string, string>();
  const nameOf = (node: string): string => {
    const name = view.lab?.share.nameOf(node) ?? names.get(node) ?? node;
    names.set(node, name);
    return name;
  };
  const told = new Set<string>();
  return {
    show(study, change) {
      if (study !== view.uid) return;
      view.grace.observe(change);
      const event = runEventOf(change, view.axes, view.listed);
      if (event !== null) display.event(event);
      if (change.kind === 'trialBack' && change.outcome === 'lost') view.lost += 1;
      if (change.kind === 'study' && change.state === 'paused')
        end(pausedEnd(change.reason ?? 'paused'));
    },
    showLab(change) {
      if (change.kind === 'slotReady') view.ready = true;
      if (change.kind === 'storageStalled') view.stalled = change.error;
      if (change.kind === 'storageBack') view.stalled = null;
      display.event(
        labEventOf(change, performance.now(), (node) => {
          const workers = view.lab?.coordinator.lab.nodes.get(node)?.slots.size ?? 0;
          return { name: nameOf(node), workers };
        }),
      );
    },
    nodeLacks(node, what, reason) {
      const name = nameOf(node);
      display.event({ type: 'node', node, name, text: `${name} ${lacksText(what, reason)}` });
    },
    nodePackages(node, study, differences) {
      const text = packageDifferencesText(differences);
      const name = nameOf(node);
      const line = `${name} has other packages for ${study.name}: ${text ?? ''}`;
      if (text === null || told.has(line)) return;
      told.add(line);
      display.event({ type: 'node', node, name, text: line });
    },
    finished(study, reason) {
      if (study === view.uid) end({ state: 'finished', reason });
    },
    enqueuedRefused(study, { point, reason }) {
      if (study !== view.uid) return;
      const text = `the enqueued point ${withEscapes(point)} is not tried: ${withEscapes(reason)}`;
      if (view.early === null) display.event({ type: 'note', text });
      else view.early.push(text);
    },
    damaged({ count, first }) {
      display.event({
        type: 'note',
        text: `${count} invalid ${count === 1 ? 'value' : 'values'} in the lab file (${first}); run galapagos check to list them`,
      });
    },
    fatal(error) {
      end({ state: 'failed', reason: error.message });
    },
    workerExited({ slot, by, code, lastWords }) {
      if (by === 'us') return;
      if (view.ready) {
        const words = firstWords(lastWords);
        if (code === 0 || words === '' || told.has(words)) return;
        told.add(words);
        display.event({ type: 'note', text: `worker ${slot} ended: ${words}` });
        return;
      }
      view.stillborn += 1;
      if (view.stillborn >= STILLBORN)
        end({
          state: 'failed',
          reason: `workers fail to start: ${lastWords.trim() || 'they exit without an error message'}`,
        });
    },
  };
}

/** Returns whether trials are programs that run on GPUs only, whichever executors work there. */
function needsGpuForPrograms(objective: ResolvedRun['spec']['objective']): boolean {
  const kind = objectiveKind(objective.kind);
  return kind?.trains === false && kind.runsOn(objective, 'gpu') && !kind.runsOn(objective, 'cpu');
}

/** @throws UsageError if the study runs on none of the devices; then no lab is opened */
async function requireDevice(
  { objective }: ResolvedRun['spec'],
  selection: readonly string[] | null,
  chosen: Promise<ChosenDevices>,
): Promise<void> {
  const kind = objectiveKind(objective.kind);
  const onCpu = kind?.runsOn(objective, 'cpu') !== false;
  if (onCpu && selection === null) return;
  const { cpu, cards } = await chosen;
  if (cpu && onCpu) return;
  if (cards.length > 0 && kind?.runsOn(objective, 'gpu') === true) return;
  if (kind?.trains === false && !onCpu)
    throw new UsageError(
      `the trials of the study need a GPU ("gpus" in its "resources"), and ${selection === null ? 'none that programs can use was found' : 'none is among its devices'}; galapagos devices lists the GPUs, and why some do not work`,
    );
  throw new UsageError(
    onCpu
      ? `the study runs on CPUs only, and its devices do not include cpu; --executor auto trains on GPUs too`
      : `the study selects the executor ${String(objective['executor'])}, which runs on GPUs, and ${selection === null ? 'none works here' : 'none that works is among its devices'}; galapagos devices says why, --executor auto uses the CPU`,
  );
}

/**
 * Returns the devices that can evaluate the study: without cards, and with a note, where it selects
 * an executor that does not run on them.
 */
async function devicesFor(
  { spec: { objective } }: ResolvedRun,
  chosen: Promise<ChosenDevices>,
  display: RunDisplay,
): Promise<ChosenDevices> {
  const kind = objectiveKind(objective.kind);
  if (kind?.runsOn(objective, 'gpu') === true) {
    void chosen.then(({ cards }) => {
      for (const { device, conditions } of cards)
        for (const condition of conditions)
          display.event({ type: 'note', text: `${deviceName(device.id)} ${condition}` });
    });
    // Workers that the study never uses would only take their share of the cores.
    if (needsGpuForPrograms(objective)) return { ...(await chosen), cpu: false };
    return chosen;
  }
  if (kind?.trains === true)
    void chosen.then(({ cards }) => {
      if (cards.length > 0) display.event({ type: 'note', text: idleCards(cards) });
    });
  return { cpu: true, cards: [] };
}

function idleCards(cards: readonly StartableDevice[]): string {
  const names = cards.map(({ device: { id, name } }) => `${deviceName(id)} (${name})`).join(', ');
  return `${names} ${cards.length === 1 ? 'stays' : 'stay'} idle: the study selects an executor that runs on CPUs; --executor auto uses every device, and its results differ in the last bits`;
}

/** Number of CPU workers for trials that state their cores; null: each trial takes one. */
function workersFor({ objective }: ResolvedRun['spec'], cores: number): number | null {
  const each = objectiveKind(objective.kind)?.demand(objective).cores ?? 0;
  return each === 0 ? null : Math.max(1, Math.floor(cores / each));
}

/** Lanes that a card is taken to have before its worker reports them. */
const MOST_LANES = 64;

/** Chooses or creates the study, notifies the display, and starts the workers. */
function begin(
  run: ResolvedRun,
  lab: RunningLab,
  view: View,
  display: RunDisplay,
  { cpu, cards }: ChosenDevices,
): Study {
  const { coordinator } = lab;
  const studies = coordinator.lab.studies;
  const choice = chooseStudy([...studies.values()], run);
  if (choice.kind === 'resume') requireSelected(choice.study.spec.devices, { cpu, cards });
  const uid = choice.kind === 'new' ? randomUUID() : choice.study.uid;
  view.uid = uid;
  const searched = choice.kind === 'new' ? run.spec : choice.study.spec;
  view.listed = searched;
  view.axes = axesOf(searched.searchSpace);
  const cores = availableCores();
  const wanted = run.workers ?? workersFor(run.spec, cores);
  for (const other of studies.values()) {
    // A run executes one study: other studies of this lab stay paused.
    if (other.uid !== uid && other.state === 'running')
      coordinator.command({ type: 'studyPaused', study: other.uid, graceMs: 0 });
  }
  if (choice.kind === 'new') {
    const cpus = cpu ? workerCount(wanted ?? Math.max(1, cores - cards.length)).workers : 0;
    const lanes = lanesForSearch({ barrier: null }, run.spec.packing, run.limits.trials ?? 0);
    const atOnce = cpus + cards.length * Math.min(lanes, MOST_LANES);
    const named = { ...run.spec, name: choice.name };
    // The pruner depends on the sampler that is chosen.
    const spec = withChosenSampler(named, run.limits, atOnce);
    const workers = cpus + cards.length;
    coordinator.createStudy(uid, withPruning(run.pruner, spec, run.limits, workers), run.limits);
  } else {
    if (Object.keys(run.limitFlags).length > 0) {
      coordinator.command({
        type: 'studyEdited',
        study: uid,
        limits: { ...choice.study.limits, ...run.limitFlags },
      });
    }
    const interrupted = choice.study.state === 'paused' || choice.study.state === 'pausing';
    const stopped = choice.study.reason === STOPPED_BY_USER;
    if (interrupted || (stopped && canResume(coordinator.lab, choice.study)))
      coordinator.command({ type: 'studyResumed', study: uid });
  }
  coordinator.settle();
  const study = studies.get(uid);
  if (study === undefined) throw new Error('the study that was just created is not there');
  const unused = choice.kind === 'new' ? unusedHistory(study.spec) : null;
  const slots = lab.startWorkers({ count: cpu ? wanted : 0, cards });
  display.start({
    study: study.spec.name,
    resumed: choice.kind === 'resume',
    trials: study.limits.trials,
    workers: slots.length,
    direction: study.spec.direction,
    parameterNames: view.axes.map(({ name }) => name),
    notes: [
      ...run.notes,
      ...(choice.kind === 'new' && choice.note !== null ? [choice.note] : []),
      ...(choice.kind === 'resume'
        ? withoutEffect(run.searchFlags, study.spec, run.stored === null ? run.spec : null)
        : []),
      ...(study.spec.sampler.name === 'auto'
        ? [`the sampler auto uses ${samplerText(study.spec.sampler)}`]
        : []),
      ...(unused === null ? [] : [unused]),
      ...(choice.kind === 'resume' && study.spec.startedFrom !== undefined
        ? [startedFromText(study.spec.startedFrom)]
        : []),
    ],
    histories: run.histories,
    lab: run.lab,
    done: endedOf(study),
    ...(study.spec.objectives === undefined ? {} : { objectives: study.spec.objectives }),
    ...(choice.kind === 'resume' ? bestSoFar(run.lab, study) : {}),
    leftMs:
      study.limits.activeMs === null ? null : Math.max(0, study.limits.activeMs - study.activeMs),
  });
  for (const text of view.early ?? []) display.event({ type: 'note', text });
  view.early = null;
  return study;
}

/** A study whose trials all failed was paused by no one's wish. */
function pausedEnd(reason: string): RunEnd {
  return { state: reason.startsWith(FAILED_ALIKE) ? 'failed' : 'paused', reason };
}

function exitCodeFor({ state, complete, pruned, failed }: RunSummary): ExitCode {
  if (state === 'paused') return EXIT.interrupted;
  const allFailed = failed > 0 && complete + pruned === 0;
  return state === 'finished' && !allFailed ? EXIT.done : EXIT.failed;
}
