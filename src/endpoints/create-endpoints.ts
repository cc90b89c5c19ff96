/** Assembles the application: lab, handlers by topic, feeds. Contains no decisions. */
import { join } from 'node:path';
import { CHECK_LATER_MS } from '../lab/lab-check.ts';
import type { LabStarter, OpenLab } from '../lab/open-lab.ts';
import { startLab } from '../lab/start-lab.ts';
import { telemetryFeed } from '../node/machine/telemetry-feed.ts';
import { discoverLabs } from '../node/discovery/seen-labs.ts';
import { cpuWorkers } from '../studies/worker-count.ts';
import { allOrNothing } from '../runtime/all-or-nothing.ts';
import { availableCores } from '../runtime/confinement.ts';
import { prepareUserFolder } from '../runtime/prepare-user-folder.ts';
import { catalogueIn } from '../datasets/catalogue.ts';
import type { Application, ApplicationOptions } from './application.ts';
import { createCalls } from './calls/calls.ts';
import { pastAttempts } from './calls/past-attempts.ts';
import { studyCommands } from './calls/study-calls.ts';
import { CurrentLab } from './current-lab.ts';
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
import { OwnMachine } from './own-machine.ts';
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
  const { resources, userFolder, worker } = options;
  const machine = new OwnMachine(options);
  const {
    share = (lab: OpenLab): SharedLab => lab.share,
    face = new JoinedLab({
      userFolder,
      program: nodeProgram(worker),
      discover: (found) => discoverLabs(found),
    }),
  } = options;
  onFailure(() => face.close());
  const workers = { count: options.workers, cards: machine.cards };
  const current = await CurrentLab.open(options.lab, labStarter(options, machine), workers, share);
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
    cards: () => machine.foundCards,
    chosenScripts,
    names: () => current.view.names,
    datasetsChanged: () => datasetsChanged.notify(),
    importsChanged: () => importsChanged.notify(),
  });
  onFailure(() => calls.close());
  const stopFollowing = followUp(current, () => calls.followUp());
  onFailure(stopFollowing);
  const { utilisation, devices } = await machine.watch(
    () => current.lab.workers.map(({ pid }) => pid),
    () => current.view.ask(),
  );
  const nodes = labNodes({
    current,
    face,
    release: options.version,
    here: () => ({ inventory: devices.inventory(), sample: utilisation.samples.last ?? null }),
    memory: () => machine.memory,
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
              memory: () => machine.memory,
              nodes: nodes.rows,
            },
            changed,
          ),
        study: ({ study }, changed) =>
          new StudyFeed(current, study, changed, (uid) => calls.confirms(uid), datasetFacts),
        telemetry: (_, changed) => {
          // A page that opens or reloads shows what was installed since the last look.
          void devices.ready.then(() => devices.refresh(LOOK_AGAIN_MS));
          const stops = [machine.changes.listen(changed), nodes.listen(changed)];
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

/** Opens labs with the options of the application. */
function labStarter(
  { resources, userFolder, checkAfterMs = CHECK_LATER_MS, ...options }: ApplicationOptions,
  machine: OwnMachine,
): LabStarter {
  const { worker, held, options: scheduler, idleSeconds } = options;
  return (file, listener) =>
    startLab({
      file,
      resources,
      userFolder,
      listener,
      energyBetween: (device, from, to) => machine.energyBetween(device, from, to),
      checkAfterMs,
      ...(worker === undefined ? {} : { worker }),
      ...(held === undefined ? {} : { held }),
      ...(scheduler === undefined ? {} : { options: scheduler }),
      ...(idleSeconds === undefined ? {} : { use: { idle: desktopIdleTime(idleSeconds) } }),
    });
}
