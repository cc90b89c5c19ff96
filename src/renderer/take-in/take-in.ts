/**
 * Takes in dropped or chosen files: opens a lab, sets up a study, imports everything else. Files
 * without a path on the host are uploaded first.
 */
import type { DataSource, LabSource } from '../../protocol/window/datasets.ts';
import { EndpointFailure, toFailure } from '../failure.ts';
import type { App } from '../state/app.svelte.ts';
import { kindOf } from './dropped.ts';
import type { Taken } from './dropped.ts';

export async function takeIn(app: App, taken: readonly Taken[]): Promise<void> {
  for (const one of taken) {
    try {
      await takeOne(app, one);
    } catch (error) {
      const failure = toFailure(error);
      // The user cancelled and needs no message.
      if (failure.code !== 'cancelled') app.notices.failure = failure;
    }
  }
}

async function takeOne(app: App, one: Taken): Promise<void> {
  switch (kindOf(one)) {
    case 'lab':
      await app.acts.openLab(await labSource(app, one));
      return;
    case 'study':
      await openStudy(app, one);
      return;
    case 'data': {
      // The first screen shows no imports, so the page of datasets opens.
      const first = app.route.place?.page === 'start';
      if (first) app.route.go({ page: 'datasets', dataset: null });
      const id = await app.imported.begin(await dataSource(app, one), one.label);
      if (first) app.route.go({ page: 'import', import: id }, true);
    }
  }
}

/** Parses the file as a study and opens the page that sets up studies. */
async function openStudy({ client, acts }: App, { label, paths, files }: Taken): Promise<void> {
  const [first] = await files({ found: () => undefined, signal: new AbortController().signal });
  const [path] = paths ?? [];
  const text =
    path !== undefined
      ? (await client.native('readStudy', { path })).text
      : await first?.file.text();
  if (text === undefined) return;
  const study = await client.query('parseStudy', { text, source: label });
  acts.setUp(study);
}

async function labSource(app: App, one: Taken): Promise<LabSource> {
  const [path] = one.paths ?? [];
  return path === undefined ? sent(app, one) : { kind: 'path', path };
}

async function dataSource(app: App, one: Taken): Promise<DataSource> {
  return one.paths === null ? sent(app, one) : { kind: 'paths', paths: [...one.paths] };
}

async function sent(
  { client, uploads }: App,
  { label, files }: Taken,
): Promise<Extract<DataSource, { kind: 'upload' }>> {
  const { upload } = client;
  if (upload === null)
    throw new Error(`${label}: this window knows no path of it and cannot send it`);
  const abort = new AbortController();
  const row = uploads.begin(label, () => abort.abort());
  try {
    const listed = await files({
      found: (count) => uploads.found(row, count),
      signal: abort.signal,
    });
    if (listed.length === 0)
      throw new EndpointFailure({
        code: 'bad-dataset',
        data: { file: label, expected: 'a file', found: 'an empty folder' },
      });
    uploads.listed(
      row,
      listed.length,
      listed.reduce((sum, { file }) => sum + file.size, 0),
    );
    return {
      kind: 'upload',
      upload: await upload(listed, (sent) => uploads.progress(row, sent), abort.signal),
    };
  } finally {
    uploads.end(row);
  }
}
