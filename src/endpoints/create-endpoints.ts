/** Assembles the application: lab, handlers by topic, feeds. Contains no decisions. */
import { join } from 'node:path';
import { CHECK_LATER_MS } from '../lab/lab-check.ts';
import type { LabStarter, OpenLab } from '../lab/open-lab.ts';
import { startLab } from '../lab/start-lab.ts';
import { watchDevices } from '../node/devices/watch-devices.ts';
import { EnergyMeter } from '../node/machine/energy-meter.ts';
import { telemetryFeed } from '../node/machine/telemetry-feed.ts';
import { discoverLabs } from '../node/discovery/seen-labs.ts';
import { watchUtilisation } from '../node/machine/utilisation.ts';
import type { StartableDevice } from '../node/devices/pin.ts';
import { findCards, isWithoutCards } from '../studies/find-cards.ts';
import { watchThisMachine } from '../studies/this-machine.ts';
import { cpuWorkers } from '../studies/worker-count.ts';
import { allOrNothing } from '../runtime/all-or-nothing.ts';
import { availableCores } from '../runtime/confinement.ts';
import { prepareUserFolder } from '../runtime/prepare-user-folder.ts';
import { catalogueIn } from '../datasets/catalogue.ts';
import type { Application, ApplicationOptions } from './application.ts';
import { createCalls } from './calls/calls.ts';
import { pastAttempts } from './calls/past-attempts.ts';
import { studyCommands } from './calls/study-calls.ts';
import { CurrentLab, WORKERS_LATER_MS } from './current-lab.ts';
import { desktopIdleTime } from '../node/courtesy/machine-courtesy.ts';
import { JoinedLab } from './joining/joined-lab.ts';
import { nodeProgram } from './joining/node-program.ts';
import { labNodes } from './lab-nodes.ts';
import type { SharedLab } from './shared-lab.ts';
import { Changes } from './feeds/changes.ts';
import { followUp } from './feeds/follow-up.ts';
import { LabFeed } from './feeds/lab-feed.ts';
import { StudyFeed } from './feeds/study-feed.ts';
import { chanceLevels } from './projections/chance-levels.ts';
import { datasetNames } from './projections/dataset-names.ts';
import { epochSamples } from './projections/epoch-samples.ts';
import { onChange, runningStudies } from './running-studies.ts';
import { Uploads } from './uploads/uploads.ts';

/** Age in milliseconds of the last look at the devices above which a new page looks again. */
const LOOK_AGAIN_MS = 30_000;

/**
 * Starts everything behind a window. If a step fails, the completed steps are undone: no lab stays
 * held and no worker running.
 * @throws GalapagosError `user-folder`; StorageError when the file is not a lab, or another process
 *   holds it
 */
export function createEndpoints(options: ApplicationOptions): Promise<Application> {
  // Before the lab, so that a folder without write access is reported without creating a lab file.
  return allOrNothing((onFailure) => {
    prepareUserFolder(options.userFolder);
    return create(options, onFailure);
  });
}

async function create(
  options: ApplicationOptions,
  onFailure: (undo: () => unknown) => void,
): Promise<Application> {
  const { resources, userFolder, worker, held, checkAfterMs = CHECK_LATER_MS } = options;
  const meter = new EnergyMeter();
  const start: LabStarter = (file, listener) =>
    startLab({
      file,
      resources,
      userFolder,
      listener,
      energyBetween: (device, from, to) => meter.between(device, from, to),
      checkAfterMs,
      ...(worker === undefined ? {} : { worker }),
      ...(held === undefined ? {} : { held }),
      ...(options.options === undefined ? {} : { options: options.options }),
      ...(options.idleSeconds === undefined
        ? {}
        : { use: { idle: desktopIdleTime(options.idleSeconds) } }),
    });
  let foundCards: (cards: Promise<readonly StartableDevice[]>) => void = () => undefined;
  const cards = new Promise<readonly StartableDevice[]>((resolve) => (foundCards = resolve));
  let started: readonly StartableDevice[] = [];
  void cards.then((found) => (started = found));
  const {
    share = (lab: OpenLab): SharedLab => lab.share,
    face = new JoinedLab({
      userFolder,
      program: nodeProgram(worker),
      discover: (found) => discoverLabs(found),
    }),
  } = options;
  onFailure(() => face.close());
  const workers = { count: options.workers, cards };
  const current = await CurrentLab.open(options.lab, start, workers, share);
  onFailure(() => current.close());
  const uploads = new Uploads(join(userFolder, 'uploads'));
  onFailure(() => uploads.close());
  const catalogue = catalogueIn(userFolder);
  const datasetFacts = { chanceOf: chanceLevels(catalogue), samplesOf: epochSamples(catalogue) };
  const chosenScripts = new Set<string>();
  const importsChanged = new Changes();
  const datasetsChanged = new Changes();
  const calls = createCalls({
    resources,
    userFolder,
    worker: options.worker,
    labFile: () => current.lab.file,
    holdUpload: (id) => uploads.hold(id),
    lab: () => (current.lab.failure === null ? current.lab.coordinator : null),
    cards: () => started,
    chosenScripts,
    names: () => current.view.names,
    datasetsChanged: () => datasetsChanged.notify(),
    importsChanged: () => importsChanged.notify(),
  });
  onFailure(() => calls.close());
  const stopFollowing = followUp(current, () => calls.followUp());
  /** Latest resident memory of workers in bytes, by process id. */
  let memory: ReadonlyMap<number, number> = new Map();
  const sampled = new Changes();
  onFailure(stopFollowing);
  const utilisation = watchUtilisation({
    node: 'local',
    workerPids: () => current.lab.workers.map(({ pid }) => pid),
    onSample: (sample) => {
      meter.add(sample);
      memory = new Map(
        sample.workers.flatMap(({ pid, memoryBytes }) =>
          memoryBytes === null ? [] : [[pid, memoryBytes] as const],
        ),
      );
      current.view.ask();
      sampled.notify();
    },
    // Cards get workers at once. Otherwise the window that is opening comes first.
    inventoryAfterMs: (await isWithoutCards()) ? WORKERS_LATER_MS : 0,
    ...(worker?.execPath === undefined ? {} : { execPath: worker.execPath }),
    ...(options.machine === undefined ? {} : { sources: options.machine.sources }),
  });
  const machine = { userFolder, env: process.env, execPath: worker?.execPath };
  const watching = { utilisation, onChange: () => sampled.notify() };
  const devices =
    options.machine === undefined
      ? watchThisMachine({ ...machine, ...watching })
      : watchDevices({ ...options.machine, ...options.machine.sources, ...watching });
  foundCards(
    options.cards === undefined
      ? findCards(options.machine === undefined ? { ...machine, devices } : machine)
      : Promise.resolve(options.cards),
  );
  const nodes = labNodes({
    current,
    face,
    release: options.version,
    here: () => ({ inventory: devices.inventory(), sample: utilisation.samples.last ?? null }),
    memory: () => memory,
    datasetName: datasetNames(catalogue),
  });
  return {
    endpoints: {
      calls: {
        ...calls.handlers,
        ...studyCommands({
          current,
          resources,
          userFolder,
          chosenScripts,
          holdUpload: (id) => uploads.hold(id),
          historiesOf: calls.historiesOf,
          capture: calls.capture,
        }),
        about: () => ({
          version: options.version,
          platform: process.platform,
          host: options.host,
          workers: cpuWorkers(current.lab.coordinator.lab),
          cores: availableCores(),
          userFolder: options.userFolder,
          gpus: utilisation.inventory().devices.map(({ device, model }) => model ?? device),
        }),
        ...pastAttempts(current),
        ...nodes.calls,
        beginUpload: (input) => uploads.begin(input),
        discardUpload: ({ upload }) => uploads.discard(upload),
      },
      subscriptions: {
        lab: (_, changed) =>
          new LabFeed(
            {
              current,
              calls,
              importsChanged,
              datasetsChanged,
              memory: () => memory,
              nodes: nodes.rows,
            },
            changed,
          ),
        study: ({ study }, changed) =>
          new StudyFeed(current, study, changed, (uid) => calls.confirms(uid), datasetFacts),
        telemetry: (_, changed) => {
          // A page that opens or reloads shows what was installed since the last look.
          void devices.ready.then(() => devices.refresh(LOOK_AGAIN_MS));
          const stops = [sampled.listen(changed), nodes.listen(changed)];
          return telemetryFeed(
            [
              () => ({
                samples: utilisation.samples,
                inventories: () => [devices.inventory()],
              }),
              nodes.telemetry,
            ],
            () => {
              for (const stop of stops) stop();
            },
          );
        },
        ...nodes.subscriptions,
      },
    },
    uploads,
    get labFile() {
      return current.lab.file;
    },
    get sharing() {
      return current.shared.sharing;
    },
    runningStudies: () => runningStudies(current),
    onChange: (changed) => onChange(current, changed),
    asleep: (now) => face.asleep(now),
    async close() {
      stopFollowing();
      await Promise.all([calls.close(), utilisation.stop(), face.close()]);
      await uploads.close();
      await current.close();
    },
  };
}
