/**
 * Entry of the thread for long-running work of a window: reads the lab file, for one trial or for
 * an export of all, checks studies being edited at every corner of their search space, and looks
 * into scripts. Only requests that wait for a program run side by side.
 */
import { GalapagosError } from '../../core/errors.ts';
import type { SearchChange } from '../../core/study/search-edit.ts';
import { studyFileOf } from '../../documents/study-file-of.ts';
import { objectiveCheck } from '../../objectives/objective-check.ts';
import type { EndpointError } from '../../protocol/endpoint.ts';
import type { EditPreview } from '../../protocol/window/search-edits.ts';
import { serveRequests } from '../../runtime/serve-requests.ts';
import type { LabReader, StudySummary } from '../../storage/lab-reader.ts';
import { checkStudy } from '../../studies/check-study.ts';
import { readConfirmations } from '../../studies/confirmations.ts';
import { previewEdit } from '../../studies/edit-search.ts';
import { startHistories } from '../../studies/start-from/start-histories.ts';
import { captureCopy, examineCopy } from '../../studies/script/copied-project.ts';
import { proposeScript } from '../../studies/script/propose-script.ts';
import type { ScriptRequest } from '../../studies/script/propose-script.ts';
import { CommandTry } from '../../studies/script/try-command.ts';
import type { TryRequest } from '../../studies/script/try-command.ts';
import { catalogueIn } from '../../datasets/catalogue.ts';
import { toEndpointError } from '../calls/errors.ts';
import { parseInput, parseUploadList } from '../calls/parse-input.ts';
import type { TabledCall } from '../calls/parse-input.ts';
import { exportLab } from './export-lab.ts';
import { exportBest, exportCsv, exportStudyFile } from './export-study.ts';
import { frontOf } from './front-of.ts';
import { importanceOf } from './importance-of.ts';
import { keyOf, readStudy } from './read-open-lab.ts';
import { decilesOf, readCurves, readTrial } from './read-trials.ts';

interface OfStudy {
  /** The lab file. */
  readonly file: string;
  readonly study: string;
}

/** Folders that checks of an objective read. */
interface CheckFolders {
  readonly resources: string;
  readonly userFolder: string;
}

const ONLY_OPTUNA = "another program's study: only that program can change it";

const of = <T>({ file, study }: OfStudy, read: (reader: LabReader, found: StudySummary) => T): T =>
  readStudy({ labFile: () => file }, study, read);

const works = {
  trial: (input: OfStudy & Pick<CheckFolders, 'userFolder'> & { readonly trial: number }) =>
    of(input, (reader, found) => readTrial(reader, found, input.trial, input.userFolder)),
  curves: (input: OfStudy & { readonly trials: readonly number[] }) =>
    of(input, (reader, found) => readCurves(reader, found, input.trials)),
  deciles: (input: OfStudy) => of(input, (reader, found) => decilesOf(reader.trials(keyOf(found)))),
  importance: (input: OfStudy) =>
    of(input, (reader, found) => importanceOf(found, reader.trials(keyOf(found)))),
  front: (input: OfStudy) => of(input, frontOf),
  confirmations: (input: OfStudy) => of(input, readConfirmations),
  previewEdit: ({
    change,
    resources,
    userFolder,
    ...input
  }: OfStudy & CheckFolders & { readonly change: SearchChange }): EditPreview =>
    of(input, (reader, found) => {
      const { uid, spec } = found;
      if (uid === null || spec === null) throw new GalapagosError('unknown-study', ONLY_OPTUNA);
      const checkObjective = objectiveCheck({ resources, userFolder });
      return previewEdit(reader, { ...found, uid }, spec, change, checkObjective);
    }),
  studyFile: (input: OfStudy) => of(input, (_, found) => studyFileOf(found)),
  best: (input: OfStudy & { readonly top: number }) =>
    of(input, (reader, found) => exportBest(reader, found, input.top)),
  csv: (input: OfStudy) => of(input, exportCsv),
  study: (input: OfStudy) => of(input, (_, found) => exportStudyFile(found)),
  lab: ({ file }: { readonly file: string }) => exportLab(file),
  input: ({ name, body }: { readonly name: TabledCall; readonly body: Uint8Array }) =>
    parseInput(name, body),
  uploadList: ({ body }: { readonly body: Uint8Array }) => parseUploadList(body),
  histories: startHistories,
  check: ({
    study,
    ...places
  }: {
    readonly study: unknown;
    readonly resources: string;
    readonly userFolder: string;
    readonly scripts: readonly string[];
  }) => checkStudy(study, places, catalogueIn(places.userFolder)),
  proposeScript: (request: ScriptRequest) => {
    ending.abort();
    ending = new AbortController();
    return proposeScript(request, ending.signal);
  },
  examineProject: examineCopy,
  captureProject: captureCopy,
  tryScript: async (request: TryRequest) => {
    await endScript();
    latestTry = new CommandTry(request);
  },
  endScript,
  scriptTry: () => latestTry?.state() ?? null,
} as const;

/** Programs of this thread: the latest try, and what ends the latest reading of a script. */
let latestTry: CommandTry | null = null;
let ending = new AbortController();

async function endScript(): Promise<void> {
  ending.abort();
  latestTry?.stop();
  await latestTry?.ended;
}

type Works = typeof works;
export type Work = keyof Works;
export type WorkInput<W extends Work> = Parameters<Works[W]>[0];
export type WorkOutput<W extends Work> = Awaited<ReturnType<Works[W]>>;

export interface WorkRequest {
  readonly work: Work;
  readonly input: unknown;
}

export type WorkAnswer = { readonly value: unknown } | { readonly error: EndpointError };

serveRequests(async ({ work, input }: WorkRequest): Promise<WorkAnswer> => {
  try {
    // The input was typed by this table at the call site.
    const act = works[work] as (input: unknown) => unknown;
    return { value: await act(input) };
  } catch (error) {
    return { error: toEndpointError(error) };
  }
});
