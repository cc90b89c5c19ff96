/** Folders of datasets on disk; the layout inside the folder of imported ones is `store.ts`. */
import { join } from 'node:path';

/** Folder of the imported datasets. @param userFolder absolute path of this user's folder */
export function datasetsFolder(userFolder: string): string {
  return join(userFolder, 'datasets');
}

/** Folder of a bundled dataset. @param resources absolute path of the folder `resources/` */
export function bundledFolder(resources: string, name: string): string {
  return join(resources, 'datasets', name);
}
