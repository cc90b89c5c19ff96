/**
 * Opens the lab that was open last, else the user's own; what stands in the way is said to the
 * person.
 */
import { existsSync } from 'node:fs';
import { dialog } from 'electron';
import type { Application, ApplicationOptions } from '../endpoints/application.ts';
import { createEndpoints } from '../endpoints/create-endpoints.ts';
import { text } from './text.ts';

/**
 * @param last the lab that was open; null: the user's own. @returns null: neither could be opened,
 *   and the person knows
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
