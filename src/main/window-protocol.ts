/**
 * Serves the built window as `app://galapagos/…`, restricted to one folder, under the same content
 * security policy as in a browser. A custom scheme gives the page an origin; `file:` does not.
 */
import { readFile } from 'node:fs/promises';
import { join, normalize, sep } from 'node:path';
import { protocol } from 'electron';
import { WINDOW_HEADERS, contentType } from '../server/window-files.ts';

const SCHEME = 'app';
const HOST = 'galapagos';
export const WINDOW_ORIGIN = `${SCHEME}://${HOST}`;

/** Call before the app is ready. */
export function registerWindowScheme(): void {
  protocol.registerSchemesAsPrivileged([
    { scheme: SCHEME, privileges: { standard: true, secure: true, supportFetchAPI: true } },
  ]);
}

export function setupWindowProtocol(folder: string): void {
  protocol.handle(SCHEME, (request) => windowFile(folder, request.url, request.method));
}

async function windowFile(folder: string, url: string, method: string): Promise<Response> {
  const { host, pathname } = new URL(url);
  if (host !== HOST) return refusal(404);
  if (method !== 'GET') return refusal(405);
  const path = decoded(pathname === '/' ? '/index.html' : pathname);
  if (path === null) return refusal(403);
  const file = normalize(join(folder, path));
  if (!file.startsWith(folder + sep)) return refusal(403);
  const bytes = await readFile(file).catch(() => null);
  if (bytes === null) return refusal(404);
  return new Response(new Uint8Array(bytes), {
    headers: { ...WINDOW_HEADERS, 'content-type': contentType(file) },
  });
}

/** Returns null for a path that cannot be decoded or leaves the folder. */
function decoded(pathname: string): string | null {
  try {
    const path = decodeURIComponent(pathname);
    return /[\0\\]|(?:^|\/)\.\.(?:\/|$)/.test(path) ? null : path;
  } catch {
    return null;
  }
}

function refusal(status: number): Response {
  return new Response(null, { status, headers: { ...WINDOW_HEADERS } });
}
