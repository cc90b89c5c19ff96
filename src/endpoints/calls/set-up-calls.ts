/** Endpoints of the page that sets up a study, and of the dialog that edits a search. */
import { isAbsolute } from 'node:path';
import { samplers } from '../../core/samplers/create-sampler.ts';
import { defined } from '../../core/at.ts';
import { parseJson } from '../../protocol/json-text.ts';
import { draftStudy } from '../../studies/draft-study.ts';
import { freeName } from '../../core/free-name.ts';
import { catalogueIn } from '../../datasets/catalogue.ts';
import { deviceProblems, devicesOf } from '../../studies/device-problems.ts';
import { knownDataset } from '../../studies/known-dataset.ts';
import { listNetworks } from '../../studies/list-networks.ts';
import { withNetworkFile } from '../../studies/network-file.ts';
import { toWindowProblem } from '../../studies/problems.ts';
import { startedFromOutputOf } from '../../studies/start-from/map-history.ts';
import { isFields } from '../../training/models/reader.ts';
import { mostWorkers, workerProblems } from '../../studies/worker-count.ts';
import { openFile } from '../reading/read-open-lab.ts';
import type { ThreadWork } from '../reading/thread-work.ts';
import type { CallDeps, CallHandlers } from './call-deps.ts';
import { scriptsFor } from './chosen-scripts.ts';
import { readHistories } from './read-histories.ts';

type SetUpCalls = Pick<
  CallHandlers,
  'networks' | 'samplers' | 'draft' | 'checkStudy' | 'parseStudy' | 'previewEdit' | 'startFrom'
>;

export function setUpCalls(deps: CallDeps, thread: ThreadWork): SetUpCalls {
  const { resources, userFolder } = deps;
  const catalogue = catalogueIn(userFolder);
  return {
    networks: ({ dataset }) =>
      listNetworks(dataset === null ? null : knownDataset(catalogue, dataset)),
    samplers: () =>
      samplers.map(({ name, title, pick, settings }) => ({
        name,
        title,
        pick,
        settings: Object.entries(settings).map(([setting, about]) => ({ name: setting, ...about })),
      })),
    draft: ({ dataset }) => {
      const entry = knownDataset(catalogue, dataset ?? 'mnist');
      return draftStudy(entry, freeName(deps.names(), entry.name));
    },
    checkStudy: async ({ study, workers }, context) => {
      const scripts = scriptsFor(context, deps.chosenScripts);
      const check = await thread.do('check', { study, resources, userFolder, scripts });
      const lab = deps.lab();
      const selected = isFields(study) ? study['devices'] : undefined;
      const problems = [
        ...workerProblems(workers, mostWorkers(lab)),
        ...deviceProblems(selected, lab === null ? [] : devicesOf(lab.lab)),
      ].map(toWindowProblem);
      return { ...check, problems: [...check.problems, ...problems] };
    },
    startFrom: async ({ study, source }, context) => {
      const [history] = await readHistories(deps, thread, { study, sources: [source] }, context);
      return startedFromOutputOf(defined(history));
    },
    previewEdit: async (input) =>
      thread.do('previewEdit', { file: openFile(deps), resources, userFolder, ...input }),
    parseStudy: ({ text, source }, { host }) => {
      const study = parseJson(text, source);
      // A network file is relative to the study's file, so it can only be read on this machine and
      // for its own window.
      return host === 'electron' && isAbsolute(source)
        ? withNetworkFile(study, source, source)
        : study;
    },
  };
}
