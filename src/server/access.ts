/**
 * Who may speak to the server: whoever holds its token, from a page that the server itself sent,
 * under a name that is the server's.
 */
import { timingSafeEqual } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { hostname, networkInterfaces } from 'node:os';

export interface Access {
  readonly token: string;
  readonly port: number;
  /** Names under which it may be called, without port. */
  readonly names: ReadonlySet<string>;
}

export interface Refusal {
  readonly status: 401 | 403;
  readonly code: 'wrong-host' | 'wrong-origin' | 'wrong-token';
  readonly message: string;
}

const LOOPBACK = ['127.0.0.1', 'localhost', '[::1]'];

/** @param host what the server is bound to */
export function namesOf(host: string): ReadonlySet<string> {
  if (LOOPBACK.includes(host) || host === '::1') return new Set(LOOPBACK);
  const everywhere = host === '0.0.0.0' || host === '::';
  const own = Object.values(networkInterfaces()).flatMap((addresses) =>
    (addresses ?? []).map(({ address, family }) => (family === 'IPv6' ? `[${address}]` : address)),
  );
  const bare = hostname().toLowerCase();
  return new Set(
    everywhere
      ? [...LOOPBACK, ...own, bare, `${bare}.local`]
      : [host.includes(':') ? `[${host}]` : host.toLowerCase()],
  );
}

/** The link that lets a browser in. @param host what the server is bound to */
export function linkOf(host: string, port: number, token: string): string {
  const name =
    host === '0.0.0.0' || host === '::' ? 'localhost' : host.includes(':') ? `[${host}]` : host;
  return `http://${name}:${port}/?token=${token}`;
}

export function cookieName({ port }: Pick<Access, 'port'>): string {
  // Browsers keep one jar for all ports of a host.
  return `galapagos-${port}`;
}

export function cookieFor(access: Access): string {
  return `${cookieName(access)}=${access.token}; Path=/; HttpOnly; SameSite=Strict`;
}

/**
 * Null: it may come in.
 * @param writes whether it could change something, so that a page of another origin must not be
 *   behind it
 */
export function refusalOf(
  request: IncomingMessage,
  access: Access,
  writes: boolean,
): Refusal | null {
  const host = request.headers.host ?? '';
  const name = host.replace(/:\d+$/, '').toLowerCase();
  if (!access.names.has(name)) {
    const message = `expected to be called ${[...access.names].join(', ')}, found ${JSON.stringify(host)}`;
    return { status: 403, code: 'wrong-host', message };
  }
  const { origin } = request.headers;
  if (writes && origin !== undefined && origin !== `http://${host}`) {
    return {
      status: 403,
      code: 'wrong-origin',
      message: `expected a page of http://${host}, found one of ${origin}`,
    };
  }
  return tokensOf(request, access).some((token) => same(token, access.token))
    ? null
    : {
        status: 401,
        code: 'wrong-token',
        message: 'open the link that galapagos serve printed: it holds the token',
      };
}

/** The token that an address brings: as itself, or in a whole link that was pasted; null: none. */
export function tokenIn(url: URL): string | null {
  const given = url.searchParams.get('token')?.trim();
  if (given === undefined) return null;
  return /[?&]token=([^&#\s]+)/.exec(given)?.[1] ?? given;
}

export function isToken(given: string | null, access: Access): boolean {
  return given !== null && same(given, access.token);
}

function tokensOf({ headers }: IncomingMessage, access: Access): string[] {
  const bearer = /^Bearer (\S+)$/.exec(headers.authorization ?? '')?.[1];
  const prefix = `${cookieName(access)}=`;
  const cookies = (headers.cookie ?? '').split(/; */).filter((cookie) => cookie.startsWith(prefix));
  return [
    ...(bearer === undefined ? [] : [bearer]),
    ...cookies.map((cookie) => cookie.slice(prefix.length)),
  ];
}

function same(found: string, expected: string): boolean {
  const [a, b] = [Buffer.from(found), Buffer.from(expected)];
  return a.length === b.length && timingSafeEqual(a, b);
}
