/**
 * Calls that only a desktop host answers: file dialogs, reading and writing the chosen files, and
 * dragging a file out of the window.
 */
import type { ErrorCode } from '../core/error-codes.ts';
import { mkdtemp, readFile, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { dialog } from 'electron';
import type { BrowserWindow, OpenDialogOptions } from 'electron';
import { GalapagosError } from '../core/errors.ts';
import type { CallInput, NativeEndpoints } from '../protocol/endpoints.ts';
import { isHeld } from '../storage/side-files.ts';
import { text } from './text.ts';

/** Maximum size of a study file, in bytes. */
const STUDY_BYTES = 4 * 2 ** 20;

type File = CallInput<'saveFile'>;
type Choice = CallInput<'choosePaths'>['what'];

/**
 * @param window returns the window that calls, or null while there is none
 * @param icon absolute path of the image under the pointer while a file is dragged out
 */
export function nativeCalls(
  window: () => BrowserWindow | null,
  icon: string,
): NativeEndpoints['calls'] {
  return {
    async choosePaths({ what }) {
      const { canceled, filePaths } = await openDialog(window(), dialogs[what]);
      return canceled ? [] : filePaths;
    },
    async saveFile(file) {
      const name = plainName(file.name);
      const extension = name.includes('.') ? name.slice(name.lastIndexOf('.') + 1) : '';
      const options = {
        defaultPath: name,
        ...(extension === ''
          ? {}
          : { filters: [{ name: extension.toUpperCase(), extensions: [extension] }] }),
      };
      const parent = window();
      const { canceled, filePath } = await (parent === null
        ? dialog.showSaveDialog(options)
        : dialog.showSaveDialog(parent, options));
      if (canceled || filePath === '') return null;
      await written(filePath, file);
      return filePath;
    },
    async dragOut(file) {
      const parent = window();
      if (parent === null) return null;
      const path = join(await mkdtemp(join(tmpdir(), 'galapagos-')), plainName(file.name));
      await written(path, file);
      parent.webContents.startDrag({ file: path, icon });
      return null;
    },
    readStudy: async ({ path }) => ({ text: await studyText(path) }),
  };
}

function openDialog(
  parent: BrowserWindow | null,
  options: OpenDialogOptions,
): Promise<Electron.OpenDialogReturnValue> {
  return parent === null ? dialog.showOpenDialog(options) : dialog.showOpenDialog(parent, options);
}

const dialogs: Readonly<Record<Choice, OpenDialogOptions>> = {
  'dataset-file': { title: text.chooseData, properties: ['openFile', 'multiSelections'] },
  'dataset-folder': {
    title: text.chooseDataFolder,
    properties: ['openDirectory', 'multiSelections'],
  },
  lab: {
    title: text.chooseLab,
    properties: ['openFile'],
    filters: [{ name: text.labs, extensions: ['db', 'sqlite', 'sqlite3'] }],
  },
  'start-file': { title: text.chooseStart, properties: ['openFile'] },
  'start-folder': { title: text.chooseStartFolder, properties: ['openDirectory'] },
  script: { title: text.chooseScript, properties: ['openFile'] },
  study: {
    title: text.chooseStudy,
    properties: ['openFile'],
    filters: [{ name: text.studies, extensions: ['json'] }],
  },
};

/**
 * Returns a file name without folders and without characters that file systems refuse; the user
 * chooses the folder.
 */
function plainName(name: string): string {
  // eslint-disable-next-line no-control-regex -- control characters must not occur in a file name
  const plain = basename(name.replaceAll('\\', '/')).replaceAll(/[\0-\x1f<>:"|?*]/g, '-');
  return /^\.*$/.test(plain) ? 'galapagos' : plain;
}

async function written(path: string, { type, content }: File): Promise<void> {
  if (isHeld(path)) throw heldLab('not-written', path);
  try {
    // A copy of a lab is readable by its owner only, as lab files are.
    const mode = type === 'application/vnd.sqlite3' ? 0o600 : 0o666;
    await writeFile(
      path,
      'text' in content ? content.text : Buffer.from(content.base64, 'base64'),
      { mode },
    );
  } catch (error) {
    throw fileError('not-written', path, error);
  }
}

async function studyText(path: string): Promise<string> {
  try {
    const found = await stat(path);
    const { size } = found;
    if (!found.isFile()) {
      throw new GalapagosError(
        'not-read',
        `${path}: expected a study file, found a folder, pipe or device`,
        { file: path },
      );
    }
    if (size > STUDY_BYTES) {
      throw new GalapagosError(
        'too-large',
        `${path}: expected a study file of at most ${STUDY_BYTES} bytes, found ${size}`,
        {
          file: path,
        },
      );
    }
    if (isHeld(path)) throw heldLab('not-read', path);
    return await readFile(path, 'utf8');
  } catch (error) {
    throw error instanceof GalapagosError ? error : fileError('not-read', path, error);
  }
}

function heldLab(code: ErrorCode, file: string): GalapagosError {
  return new GalapagosError(
    code,
    `${file}: it is a lab that a program has open; choose another file`,
    { file },
  );
}

function fileError(code: ErrorCode, file: string, error: unknown): GalapagosError {
  return new GalapagosError(code, error instanceof Error ? error.message : String(error), { file });
}
