/** Puts the application together: the lab, the handlers by concern, the feeds. A list of what there is; it decides nothing. */
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { startLab } from '../lab/start-lab.ts';
import type { Application, ApplicationOptions } from './application.ts';
import { createCalls } from './calls.ts';
import { notReady } from './not-ready.ts';
import { OpenLab } from './open-lab.ts';
import type { LabStarter } from './open-lab.ts';
import { Uploads } from './uploads.ts';

/** @throws StorageError when the file is no lab, or another process holds it */
export async function createEndpoints(options: ApplicationOptions): Promise<Application> {
  const start: LabStarter = (file, listener) =>
    startLab({ file, resources: options.resources, listener, ...(options.worker === undefined ? {} : { worker: options.worker }) });
  const lab = await OpenLab.open(options.lab, start, options.workers);
  const uploads = new Uploads(join(options.userFolder, 'uploads'));
  const calls = createCalls({
    resources: options.resources,
    userFolder: options.userFolder,
    labFile: () => lab.file,
    uploads: (id) => uploads.pathOf(id),
    lab: () => (lab.failure === null ? lab.coordinator : null),
    datasetsChanged: () => undefined,
    importsChanged: () => undefined,
  });
  return {
    endpoints: {
      calls: {
        ...calls.handlers,
        about: () => ({
          version: options.version,
          platform: process.platform,
          host: options.host,
          workers: lab.coordinator.lab.slots.size,
          cores: availableParallelism(),
          gpus: [],
        }),
        attempts: notReady,
        startStudy: notReady,
        pauseStudy: notReady,
        resumeStudy: notReady,
        stopStudy: notReady,
        addTrials: notReady,
        editLimits: notReady,
        cancelTrial: notReady,
        openLab: notReady,
        leaveOut: notReady,
        useAgain: notReady,
        beginUpload: (input) => uploads.begin(input),
        discardUpload: ({ upload }) => uploads.discard(upload),
      },
      subscriptions: { lab: notReady, study: notReady, telemetry: notReady },
    },
    uploads,
    get labFile() {
      return lab.file;
    },
    runningStudies: () => [],
    onChange: () => () => undefined,
    close: async () => {
      await uploads.close();
      await lab.close();
    },
  };
}
