/**
 * Access control of the server: a request needs the token, an origin that is the server's own, and
 * one of the server's host names.
 */
import type { ErrorCode } from '../core/error-codes.ts';
import { timingSafeEqual } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { hostname, networkInterfaces } from 'node:os';

export interface Access {
  readonly token: string;
  readonly port: number;
  /** Accepted host names, without port. */
  readonly names: ReadonlySet<string>;
}

export interface Refusal {
  readonly status: 401 | 403;
  readonly code: Extract<ErrorCode, 'wrong-host' | 'wrong-origin' | 'wrong-token'>;
  readonly message: string;
}

const LOOPBACK = ['127.0.0.1', 'localhost', '[::1]'];

/**
 * Host names under which a server is reachable.
 * @param host address that the server is bound to
 */
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

/**
 * The link that gives a browser access.
 * @param host address that the server is bound to
 */
export function linkOf(host: string, port: number, token: string): string {
  const name =
    host === '0.0.0.0' || host === '::' ? 'localhost' : host.includes(':') ? `[${host}]` : host;
  return `http://${name}:${port}/?token=${token}`;
}

export function cookieName({ port }: Pick<Access, 'port'>): string {
  // Browsers share cookies between all ports of a host, so the name contains the port.
  return `galapagos-${port}`;
}

export function cookieFor(access: Access): string {
  return `${cookieName(access)}=${access.token}; Path=/; HttpOnly; SameSite=Strict`;
}

/**
 * Returns why a request is refused; null when it is accepted.
 * @param writes whether the request can change state; such a request must not come from another
 * origin
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

/**
 * The token in an address: the parameter itself, or a whole link that was pasted into it; null when
 * there is none.
 */
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
