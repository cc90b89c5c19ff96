/**
 * Determines where this user's caches and datasets are stored, by each system's convention. Creates
 * nothing.
 */
import { homedir } from 'node:os';
import { posix, win32 } from 'node:path';

export interface UserEnvironment {
  readonly platform: NodeJS.Platform;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly home: string;
}

/**
 * Returns `GALAPAGOS_HOME` if set; otherwise the XDG data folder, Application Support or the local
 * application data folder. Absolute.
 */
export function userFolder(
  { platform, env, home }: UserEnvironment = {
    platform: process.platform,
    env: process.env,
    home: homedir(),
  },
): string {
  const path = platform === 'win32' ? win32 : posix;
  const set = (name: string): string | undefined =>
    env[name] === undefined || env[name] === '' ? undefined : env[name];
  const chosen = set('GALAPAGOS_HOME');
  if (chosen !== undefined) return path.resolve(chosen);
  if (platform === 'darwin') return path.join(home, 'Library', 'Application Support', 'Galapagos');
  if (platform === 'win32')
    return path.join(set('LOCALAPPDATA') ?? path.join(home, 'AppData', 'Local'), 'Galapagos');
  const data = set('XDG_DATA_HOME');
  // The XDG specification requires relative paths to be ignored.
  return path.join(
    data !== undefined && path.isAbsolute(data) ? data : path.join(home, '.local', 'share'),
    'galapagos',
  );
}
