/**
 * Opens the last lab, or the user's default lab if that fails, and shows a dialog for each failure.
 */
import { existsSync } from 'node:fs';
import { dialog } from 'electron';
import type { Application, ApplicationOptions } from '../endpoints/application.ts';
import { createEndpoints } from '../endpoints/create-endpoints.ts';
import { text } from './text.ts';

/**
 * @param last path of the lab that was open last; null for the user's default lab
 * @returns null when no lab could be opened; the user has seen a dialog by then
 */
export async function openApplication(
  options: ApplicationOptions,
  last: string | null,
): Promise<Application | null> {
  if (last !== null && last !== options.lab && existsSync(last)) {
    const application = await tried({ ...options, lab: last });
    if (application !== null) return application;
  }
  return tried(options);
}

async function tried(options: ApplicationOptions): Promise<Application | null> {
  try {
    return await createEndpoints(options);
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    console.error(why);
    dialog.showErrorBox(text.notOpened, why);
    return null;
  }
}
