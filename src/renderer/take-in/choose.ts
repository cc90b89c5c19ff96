/** Opens the desktop's or the browser's dialog to choose a file or a folder. */
import { toFailure } from '../failure.ts';
import type { App } from '../state/app.svelte.ts';
import { takenOfFiles, takenOfPaths } from './dropped.ts';
import type { Taken } from './dropped.ts';
import { takeIn } from './take-in.ts';

type What = 'dataset-file' | 'dataset-folder' | 'lab' | 'study';

const accepted: Readonly<Partial<Record<What, string>>> = {
  lab: '.db,.sqlite,.sqlite3,.json',
  study: '.json',
};

/** Takes in the chosen files like dropped ones. */
export async function choose(app: App, what: What): Promise<void> {
  try {
    await takeIn(
      app,
      app.client.host === 'electron' ? await fromDialog(app, what) : await fromInput(app, what),
    );
  } catch (error) {
    app.notices.failure = toFailure(error);
  }
}

async function fromDialog({ client }: App, what: What): Promise<readonly Taken[]> {
  return takenOfPaths(await client.native('choosePaths', { what }));
}

async function fromInput({ client }: App, what: What): Promise<readonly Taken[]> {
  const input = document.createElement('input');
  input.type = 'file';
  input.accept = accepted[what] ?? '';
  input.multiple = what === 'dataset-file';
  input.webkitdirectory = what === 'dataset-folder';
  const files = await new Promise<readonly File[]>((resolve) => {
    input.onchange = () => resolve([...(input.files ?? [])]);
    input.oncancel = () => resolve([]);
    input.click();
  });
  return takenOfFiles(files, (file) => client.pathOf(file));
}
