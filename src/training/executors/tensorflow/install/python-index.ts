/**
 * Client of PyPI's JSON interface (https://docs.pypi.org/api/json): finds the wheel for this
 * machine and downloads it, resumable and with a check of its hash.
 */
import { createHash } from 'node:crypto';
import { createReadStream, createWriteStream, existsSync, statSync } from 'node:fs';
import { mkdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import type { ReadableStream } from 'node:stream/web';
import { pipeline } from 'node:stream/promises';

export interface IndexFile {
  readonly filename: string;
  readonly url: string;
  readonly size: number;
  /** SHA-256 in hexadecimal. */
  readonly sha256: string;
}

/** Returns whether a wheel's file name is for Linux on this processor. */
export function fitsMachine(filename: string, arch: string): boolean {
  const processor = { x64: 'x86_64', arm64: 'aarch64' }[arch];
  return (
    processor !== undefined && new RegExp(`-manylinux[\\w.]*_${processor}\\.whl$`).test(filename)
  );
}

/** A requirement such as `name==1.2` or `name<13.0,>=12.5`. */
export interface Requirement {
  readonly name: string;
  readonly specifiers: readonly { readonly operator: string; readonly version: string }[];
}

/**
 * Parses a requirement.
 * @param text in pip's syntax; the part after `;` is ignored
 */
export function parseRequirement(text: string): Requirement {
  const [, name = '', rest = ''] = /^\s*([\w.-]+)\s*(?:\[[^\]]*\])?\s*\(?([^;)]*)/.exec(text) ?? [];
  const specifiers = [...rest.matchAll(/(==|!=|>=|<=|~=|<|>)\s*([\w.*+!-]+)/g)].map(
    ([, operator = '', version = '']) => ({
      operator,
      version,
    }),
  );
  return { name, specifiers };
}

export function requirementText({ name, specifiers }: Requirement): string {
  return name + specifiers.map(({ operator, version }) => operator + version).join(',');
}

/** Returns whether a release (numbers and dots only) satisfies the requirement. */
export function satisfies(version: string, { specifiers }: Requirement): boolean {
  return specifiers.every(({ operator, version: bound }) => {
    const order = compareVersions(version, bound);
    switch (operator) {
      case '==':
        return order === 0;
      case '!=':
        return order !== 0;
      case '>=':
        return order >= 0;
      case '<=':
        return order <= 0;
      case '<':
        return order < 0;
      case '>':
        return order > 0;
      default:
        return false;
    }
  });
}

function compareVersions(a: string, b: string): number {
  const [left, right] = [a.split('.').map(Number), b.split('.').map(Number)];
  for (let i = 0; i < Math.max(left.length, right.length); i++) {
    const difference = (left[i] ?? 0) - (right[i] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
}

/**
 * Finds the wheel of the newest matching release for this machine.
 * @param index for example https://pypi.org/pypi
 * @throws Error with the address and the response
 */
export async function findWheel(
  index: string,
  requirement: Requirement,
  arch: string,
  signal: AbortSignal,
): Promise<IndexFile> {
  const address = `${index}/${requirement.name}/json`;
  const response = await request(address, {}, signal);
  if (!response.ok) throw new Error(`${address} answered ${String(response.status)}`);
  const body = (await response.json()) as { readonly releases?: unknown } | null;
  const releases = Object.entries(
    typeof body?.releases === 'object' && body.releases !== null ? body.releases : {},
  );
  const fitting = releases
    .filter(([version]) => /^\d+(\.\d+)*$/.test(version) && satisfies(version, requirement))
    .sort(([a], [b]) => compareVersions(b, a));
  for (const [, files] of fitting) {
    const wheels = (Array.isArray(files) ? files : []).map((file) => indexFile(file, address));
    const wheel = wheels.find((file) => file !== undefined && fitsMachine(file.filename, arch));
    if (wheel !== undefined) return wheel;
  }
  throw new Error(
    `${address} lists no wheel of ${requirementText(requirement)} for Linux on ${arch} among ${String(releases.length)} releases`,
  );
}

function indexFile(value: unknown, address: string): IndexFile | undefined {
  const { filename, url, size, digests } = value as Partial<
    Record<'filename' | 'url' | 'size' | 'digests', unknown>
  >;
  const sha256 = (digests as { readonly sha256?: unknown } | undefined)?.sha256;
  if (
    typeof filename !== 'string' ||
    typeof url !== 'string' ||
    typeof size !== 'number' ||
    typeof sha256 !== 'string'
  )
    return undefined;
  if (/[/\\]/.test(filename) || !/^[0-9a-f]{64}$/.test(sha256)) return undefined;
  return { filename, url: new URL(url, address).href, size, sha256 };
}

/**
 * Downloads into `folder`, continuing an earlier incomplete download.
 * @returns the file, whose hash equals the index's
 * @throws Error; the incomplete download is kept for the next attempt unless its hash is wrong
 */
export async function download(
  { filename, url, size, sha256 }: IndexFile,
  folder: string,
  signal: AbortSignal,
  onBytes: (done: number, total: number) => void,
): Promise<string> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const [whole, part] = [join(folder, filename), join(folder, `${filename}.part`)];
  if (existsSync(whole) && (await checksum(whole)) === sha256) return whole;
  let have = existsSync(part) ? statSync(part).size : 0;
  if (have < size) {
    const response = await request(
      url,
      have > 0 ? { range: `bytes=${String(have)}-` } : {},
      signal,
    );
    if (!response.ok || response.body === null)
      throw new Error(`${url} answered ${String(response.status)}`);
    // A server without support for ranges sends the whole file.
    if (response.status !== 206) have = 0;
    const stream = Readable.fromWeb(response.body as ReadableStream<Uint8Array>);
    stream.on('data', (chunk: Uint8Array) => {
      onBytes((have += chunk.length), size);
    });
    await pipeline(
      stream,
      createWriteStream(part, { flags: response.status === 206 ? 'a' : 'w' }),
      { signal },
    );
  }
  const found = await checksum(part);
  if (found !== sha256) {
    await rm(part, { force: true });
    throw new Error(`${filename} came damaged: expected SHA-256 ${sha256}, found ${found}`);
  }
  await rename(part, whole);
  return whole;
}

async function checksum(file: string): Promise<string> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(file), hash);
  return hash.digest('hex');
}

async function request(
  address: string,
  headers: Record<string, string>,
  signal: AbortSignal,
): Promise<Response> {
  const { protocol, hostname } = new URL(address);
  if (protocol !== 'https:' && !['127.0.0.1', 'localhost', '[::1]'].includes(hostname))
    throw new Error(`${address}: expected an address with https`);
  try {
    return await fetch(address, { headers, signal });
  } catch (error) {
    signal.throwIfAborted();
    const cause =
      error instanceof Error && error.cause instanceof Error ? error.cause.message : String(error);
    throw new Error(`${address} cannot be reached: ${cause}`, { cause: error });
  }
}
