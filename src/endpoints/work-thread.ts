/**
 * Entry of the thread that does for a window what may take long: whole studies read for exports, deciles and importances, studies that are
 * being written checked at every corner of their search space. One after the other; nobody else waits.
 */
import { parentPort } from 'node:worker_threads';
import type { EndpointError } from '../protocol/endpoint.ts';
import { checkStudy } from './check-study.ts';
import { toEndpointError } from './errors.ts';
import { exportLab } from './export-lab.ts';
import { exportCsv } from './export-study.ts';
import { importanceOf } from './importance-of.ts';
import { catalogueIn } from './known-dataset.ts';
import { keyOf, readStudy } from './read-open-lab.ts';
import { decilesOf, readCurves } from './read-trials.ts';

interface OfStudy {
  /** The lab file. */
  readonly file: string;
  readonly study: string;
}

const works = {
  csv: ({ file, study }: OfStudy) => readStudy({ labFile: () => file }, study, exportCsv),
  deciles: ({ file, study }: OfStudy) =>
    readStudy({ labFile: () => file }, study, (reader, found) => decilesOf(reader.trials(keyOf(found)))),
  importance: ({ file, study }: OfStudy) =>
    readStudy({ labFile: () => file }, study, (reader, found) => importanceOf(found, reader.trials(keyOf(found)))),
  curves: ({ file, study, trials }: OfStudy & { readonly trials: readonly number[] }) =>
    readStudy({ labFile: () => file }, study, (reader, found) => readCurves(reader, found, trials)),
  lab: ({ file }: { readonly file: string }) => exportLab(file),
  check: ({ study, resources, userFolder }: { readonly study: unknown; readonly resources: string; readonly userFolder: string }) =>
    checkStudy(study, { resources, userFolder }, catalogueIn(userFolder)),
} as const;

type Works = typeof works;
export type Work = keyof Works;
export type WorkInput<W extends Work> = Parameters<Works[W]>[0];
export type WorkOutput<W extends Work> = ReturnType<Works[W]>;

export interface WorkRequest {
  readonly id: number;
  readonly work: Work;
  readonly input: unknown;
}

export type WorkAnswer = { readonly id: number } & ({ readonly value: unknown } | { readonly error: EndpointError });

parentPort?.on('message', ({ id, work, input }: WorkRequest) => {
  parentPort?.postMessage(answered(id, work, input));
});

function answered(id: number, work: Work, input: unknown): WorkAnswer {
  try {
    // Who asks has typed the input by this table.
    const act = works[work] as (input: unknown) => unknown;
    return { id, value: act(input) };
  } catch (error) {
    return { id, error: toEndpointError(error) };
  }
}
