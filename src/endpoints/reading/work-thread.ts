/**
 * Entry of the thread for long-running work of a window: reads the lab file, for one trial or for
 * an export of all, and checks studies being edited at every corner of their search space. One
 * request after another.
 */
import { studyFileOf } from '../../documents/study-file-of.ts';
import type { EndpointError } from '../../protocol/endpoint.ts';
import { serveRequests } from '../../runtime/serve-requests.ts';
import type { LabReader, StudySummary } from '../../storage/lab-reader.ts';
import { checkStudy } from '../../studies/check-study.ts';
import { readConfirmations } from '../../studies/confirmations.ts';
import { startHistories } from '../../studies/start-from/start-histories.ts';
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

const of = <T>({ file, study }: OfStudy, read: (reader: LabReader, found: StudySummary) => T): T =>
  readStudy({ labFile: () => file }, study, read);

const works = {
  trial: (input: OfStudy & { readonly trial: number }) =>
    of(input, (reader, found) => readTrial(reader, found, input.trial)),
  curves: (input: OfStudy & { readonly trials: readonly number[] }) =>
    of(input, (reader, found) => readCurves(reader, found, input.trials)),
  deciles: (input: OfStudy) => of(input, (reader, found) => decilesOf(reader.trials(keyOf(found)))),
  importance: (input: OfStudy) =>
    of(input, (reader, found) => importanceOf(found, reader.trials(keyOf(found)))),
  front: (input: OfStudy) => of(input, frontOf),
  confirmations: (input: OfStudy) => of(input, readConfirmations),
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
    resources,
    userFolder,
  }: {
    readonly study: unknown;
    readonly resources: string;
    readonly userFolder: string;
  }) => checkStudy(study, { resources, userFolder }, catalogueIn(userFolder)),
} as const;

type Works = typeof works;
export type Work = keyof Works;
export type WorkInput<W extends Work> = Parameters<Works[W]>[0];
export type WorkOutput<W extends Work> = ReturnType<Works[W]>;

export interface WorkRequest {
  readonly work: Work;
  readonly input: unknown;
}

export type WorkAnswer = { readonly value: unknown } | { readonly error: EndpointError };

serveRequests(({ work, input }: WorkRequest): WorkAnswer => {
  try {
    // The input was typed by this table at the call site.
    const act = works[work] as (input: unknown) => unknown;
    return { value: act(input) };
  } catch (error) {
    return { error: toEndpointError(error) };
  }
});
